"""Buckets of S3 and of servers that implement its API."""

from kubenas.storage.s3.bucket import S3Bucket
from kubenas.storage.s3.environment import s3_environment

__all__ = [
    "S3Bucket",
    "s3_environment",
]
