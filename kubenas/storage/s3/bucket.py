"""Buckets of S3 and of compatible servers, s3://name or minio://name.

boto3 finds the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (in Kubeflow Pipelines from
the Secret kubenas-store), ~/.aws, or the role of the pod or machine.
"""

import math
import os
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict, TypeVar

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)

from kubenas.errors import ObjectExists, StorageUnreachable
from kubenas.storage.bucket import CREATION_TOKEN, RETRY_SECONDS, BucketObject
from kubenas.storage.parallel import MAX_TRANSFERS
from kubenas.storage.s3.environment import S3Environment, s3_environment
from kubenas.storage.s3.errors import error_code, to_storage_error
from kubenas.storage.size_limit import object_too_large

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_CRC32 = "kubenas-crc32"
"""Metadata field with the checksum of the whole file. Not all servers store one for multipart
uploads."""

_CHUNK = 1 << 20
_MULTIPART = TransferConfig(
    multipart_threshold=64 << 20, multipart_chunksize=32 << 20, max_concurrency=4
)
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_BODY_ERRORS = (HTTPClientError, IncompleteReadError, FlexibleChecksumError)
"""Errors from reading the body of a response. botocore retries only earlier errors."""

_MISSING = {"404", "NoSuchKey"}

Content = TypeVar("Content")


class _GetRequest(TypedDict):
    Key: str
    IfMatch: NotRequired[str]


class S3Bucket:
    """A bucket of S3 or of a compatible server. Implements :class:`kubenas.storage.bucket.Bucket`.

    The version of an object is its ETag. All requests can be retried: replacing and deleting are
    idempotent, and creation is conditional and recognises its own object by a token.
    """

    def __init__(
        self, name: str, *, scheme: str = "s3", retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._name = name
        self._scheme = scheme
        # botocore waits up to 1, 2, 4, ... seconds between its attempts.
        self._tries = max(2, round(math.log2(retry_seconds)))
        with self._translate_errors(""):
            self._client = _shared_client(s3_environment(scheme, os.environ), self._tries)

    @property
    def uri(self) -> str:
        return f"{self._scheme}://{self._name}"

    def get(self, key: str, *, limit: int | None = None) -> bytes:
        def read(answer: "GetObjectOutputTypeDef") -> bytes:
            if limit is not None and answer["ContentLength"] > limit:
                answer["Body"].close()
                raise object_too_large(f"{self.uri}/{key}", limit)
            return answer["Body"].read()

        with self._translate_errors(key):
            return self._get_with_retries({"Key": key}, read)

    def put(self, key: str, data: bytes) -> None:
        with self._translate_errors(key):
            self._client.put_object(Bucket=self._name, Key=key, Body=data)

    def put_if_absent(self, key: str, data: bytes) -> None:
        token = secrets.token_hex(16)
        with self._translate_errors(key):
            for wait in range(self._tries):
                try:
                    self._client.put_object(
                        Bucket=self._name,
                        Key=key,
                        Body=data,
                        IfNoneMatch="*",
                        Metadata={CREATION_TOKEN: token},
                    )
                except ClientError as error:
                    if error_code(error) == "PreconditionFailed":
                        if self._creation_token(key) == token:
                            return
                        raise ObjectExists(f"{self.uri}/{key}: already exists") from error
                    if error_code(error) != "ConditionalRequestConflict":
                        raise
                else:
                    return
                time.sleep(2.0**wait / 4)
        raise StorageUnreachable(
            f"{self.uri}/{key}: too many concurrent writes to this object; run the same command"
            " again"
        )

    def exists(self, key: str) -> bool:
        with self._translate_errors(key):
            return self._metadata(key) is not None

    def list(self, prefix: str, *, after: str = "") -> Iterator[BucketObject]:
        with self._translate_errors(prefix):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._name, Prefix=prefix, StartAfter=after):
                for item in page.get("Contents", ()):
                    yield BucketObject(item["Key"], item["Size"], item["ETag"])

    def delete(self, key: str) -> None:
        with self._translate_errors(key):
            self._client.delete_object(Bucket=self._name, Key=key)

    def upload(self, source: Path, key: str) -> None:
        with self._translate_errors(key):
            try:
                self._upload_file(source, key)
            except Boto3Error as error:
                if not _is_already_completed(error):
                    raise
                self._upload_file(source, key)

    def download(self, item: BucketObject, target: Path) -> None:
        with self._translate_errors(item.key):
            self._get_with_retries(
                {"Key": item.key, "IfMatch": item.version}, lambda answer: _save(answer, target)
            )

    def _upload_file(self, source: Path, key: str) -> None:
        self._client.upload_file(
            str(source),
            self._name,
            key,
            ExtraArgs={"Metadata": {_CRC32: _crc32(source)}},
            Config=_MULTIPART,
        )

    def _get_with_retries(
        self, wanted: "_GetRequest", read: Callable[["GetObjectOutputTypeDef"], Content]
    ) -> Content:
        """Returns the result of ``read``. Repeats the request if the body cannot be read."""
        for wait in range(self._tries):
            answer = self._client.get_object(Bucket=self._name, **wanted)
            try:
                return read(answer)
            except _BODY_ERRORS as error:
                last = error
            time.sleep(2.0**wait / 4)
        raise last

    def _metadata(self, key: str) -> dict[str, str] | None:
        try:
            return self._client.head_object(Bucket=self._name, Key=key)["Metadata"]
        except ClientError as error:
            if error_code(error) in _MISSING:
                return None
            raise

    def _creation_token(self, key: str) -> str | None:
        """Returns the creation token of the current object."""
        return (self._metadata(key) or {}).get(CREATION_TOKEN)

    @contextmanager
    def _translate_errors(self, key: str) -> Iterator[None]:
        """Translates an error of Amazon's libraries into a :class:`StorageError`."""
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as error:
            raise to_storage_error(f"{self.uri}/{key}", error) from error


@lru_cache
def _shared_client(environment: S3Environment, tries: int) -> "S3Client":
    """Returns the client of this process, which reuses connections and is thread-safe."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=environment.endpoint,
        region_name=environment.region,
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            # The mode "standard" has one retry quota for all requests of a client. After an outage
            # the next request would fail without a retry.
            retries={"mode": "legacy", "total_max_attempts": tries},
            max_pool_connections=4 * MAX_TRANSFERS,
            s3={"addressing_style": "path"} if environment.path_style else None,
        ),
    )


def _is_already_completed(error: Boto3Error) -> bool:
    """Returns whether a retry tried to complete a multipart upload that was already complete."""
    cause = error.__context__
    return isinstance(cause, ClientError) and error_code(cause) == "NoSuchUpload"


def _save(answer: "GetObjectOutputTypeDef", target: Path) -> None:
    checksum = 0
    with target.open("wb") as file:
        for chunk in answer["Body"].iter_chunks(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
            file.write(chunk)
    if answer["Metadata"].get(_CRC32, _to_hex(checksum)) != _to_hex(checksum):
        raise FlexibleChecksumError(error_msg="the checksum of the whole file differs")


def _crc32(path: Path) -> str:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return _to_hex(checksum)


def _to_hex(checksum: int) -> str:
    return f"{checksum:08x}"
