"""Functions that open the store at a URI, and that join and split URIs."""

from collections.abc import Callable
from pathlib import Path

from kubenas.errors import UserError
from kubenas.storage.bucket import Bucket
from kubenas.storage.directory import DirectoryStorage
from kubenas.storage.protocol import Storage
from kubenas.storage.remote import RemoteStorage


def open_storage(uri: str) -> Storage:
    """Opens the store for the folder at ``uri``: a path, file://, gs://, s3:// or minio://.

    Raises:
        UserError: The scheme is not supported, or the URI has no bucket.
        StorageError: The environment has no valid credentials or endpoint.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return DirectoryStorage(Path(uri))
    if scheme == "file":
        return DirectoryStorage(Path(rest))
    if scheme not in _BUCKETS:
        raise UserError(
            f"{uri}: {scheme}:// is not supported; give a path, gs://, s3:// or minio://"
        )
    bucket, _, folder = rest.partition("/")
    if not bucket:
        raise UserError(f"{uri}: no bucket in the URI; give {scheme}://bucket/folder")
    return RemoteStorage(_BUCKETS[scheme](scheme, bucket), folder.strip("/"))


def _gcs(_scheme: str, bucket: str) -> Bucket:
    from kubenas.storage.gcs import GcsBucket

    return GcsBucket(bucket)


def _s3(scheme: str, bucket: str) -> Bucket:
    from kubenas.storage.s3 import S3Bucket

    return S3Bucket(bucket, scheme=scheme)


_BUCKETS: dict[str, Callable[[str, str], Bucket]] = {"gs": _gcs, "s3": _s3, "minio": _s3}
"""The library of a cloud is imported only when its scheme is used."""


def join(uri: str, *names: str) -> str:
    """Returns the URI of an object or folder below ``uri``."""
    return "/".join([uri.rstrip("/"), *(name.strip("/") for name in names)])


def split(uri: str) -> tuple[str, str]:
    """Splits the URI of an object into the URI of its folder and its name."""
    folder, _, name = uri.rstrip("/").rpartition("/")
    return folder, name
