"""Buckets of Google Cloud Storage, gs://name.

Uses Google's application default credentials: GOOGLE_APPLICATION_CREDENTIALS, the login of gcloud,
or the workload identity of a pod. STORAGE_EMULATOR_HOST sets the URL of another server, which needs
no credentials.
"""

import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from google.api_core.exceptions import (
    Forbidden,
    GoogleAPICallError,
    NotFound,
    PreconditionFailed,
    RetryError,
    Unauthorized,
)
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.cloud.storage import Blob, Client
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY

from kubenas.errors import (
    ObjectExists,
    ObjectNotFound,
    StorageDenied,
    StorageError,
    StorageUnreachable,
)
from kubenas.storage.bucket import CREATION_TOKEN, RETRY_SECONDS, BucketObject
from kubenas.storage.size_limit import object_too_large

_CHECKSUM = "crc32c"
_NO_BUCKET_METADATA = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
_TIMEOUT_SECONDS = (10.0, 60.0)  # to connect; between two bytes of a response
_SINGLE_REQUEST_BYTES = 8 << 20  # the library sends larger objects as resumable uploads
_CHUNK_BYTES = 32 << 20  # of a resumable upload; the library keeps one chunk per upload in memory
_TYPE = "application/octet-stream"
_FAILURES = (
    GoogleAPICallError,
    RetryError,
    GoogleAuthError,
    requests.RequestException,
    DataCorruption,
)
_BUSY = {408, 429, 500, 502, 503, 504}
_LOGIN = (
    "set GOOGLE_APPLICATION_CREDENTIALS, run 'gcloud auth application-default login', or give the"
    " pod's service account a workload identity"
)

Content = TypeVar("Content")


class GcsBucket:
    """A bucket of Google Cloud Storage. Implements :class:`kubenas.storage.bucket.Bucket`.

    The version of an object is its generation. All requests can be retried: replacing and deleting
    are idempotent, and creation is conditional and recognises its own object by a token.
    """

    def __init__(self, name: str, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self._name = name
        self._retry = DEFAULT_RETRY.with_delay(initial=0.2, maximum=10.0).with_timeout(
            retry_seconds
        )
        with _translate_errors(self.uri, name):
            self._client = _shared_client(os.environ.get("STORAGE_EMULATOR_HOST"))
        self._bucket = self._client.bucket(name)

    @property
    def uri(self) -> str:
        return f"gs://{self._name}"

    def get(self, key: str, *, limit: int | None = None) -> bytes:
        def receive() -> bytes:
            received = _LimitedBuffer(f"{self.uri}/{key}", limit)
            self._bucket.blob(key).download_to_file(
                received, checksum=_CHECKSUM, retry=self._retry, timeout=_TIMEOUT_SECONDS
            )
            return received.getvalue()

        with self._translate_errors(key):
            return _download_with_retry(receive)

    def put(self, key: str, data: bytes) -> None:
        with self._translate_errors(key):
            self._upload_bytes(self._bucket.blob(key), data)

    def put_if_absent(self, key: str, data: bytes) -> None:
        token = secrets.token_hex(16)
        blob = self._bucket.blob(key)
        blob.metadata = {CREATION_TOKEN: token}
        with self._translate_errors(key):
            try:
                self._upload_bytes(blob, data, if_generation_match=0)
            except PreconditionFailed as error:
                if self._creation_token(key) != token:
                    raise ObjectExists(f"{self.uri}/{key}: already exists") from error

    def exists(self, key: str) -> bool:
        with self._translate_errors(key):
            found: bool = self._bucket.blob(key).exists(retry=self._retry, timeout=_TIMEOUT_SECONDS)
        return found

    def list(self, prefix: str, *, after: str = "") -> Iterator[BucketObject]:
        with self._translate_errors(prefix):
            for blob in self._client.list_blobs(
                self._bucket,
                prefix=prefix,
                start_offset=after or None,
                fields="items(name,size,generation),nextPageToken",
                retry=self._retry,
                timeout=_TIMEOUT_SECONDS,
            ):
                yield BucketObject(blob.name, int(blob.size), str(blob.generation))

    def delete(self, key: str) -> None:
        with self._translate_errors(key), suppress(NotFound):
            self._bucket.blob(key).delete(retry=self._retry, timeout=_TIMEOUT_SECONDS)

    def upload(self, source: Path, key: str) -> None:
        blob = self._bucket.blob(key, chunk_size=_CHUNK_BYTES)

        def send() -> None:
            blob.upload_from_filename(
                str(source),
                content_type=_TYPE,
                checksum=_CHECKSUM,
                retry=self._retry,
                timeout=_TIMEOUT_SECONDS,
            )

        with self._translate_errors(key):
            _upload_with_retry(send, source.stat().st_size)

    def download(self, item: BucketObject, target: Path) -> None:
        blob = self._bucket.blob(item.key, generation=int(item.version))

        def receive() -> None:
            blob.download_to_filename(
                str(target), checksum=_CHECKSUM, retry=self._retry, timeout=_TIMEOUT_SECONDS
            )

        with self._translate_errors(item.key):
            _download_with_retry(receive)

    def _upload_bytes(
        self, blob: Blob, data: bytes, *, if_generation_match: int | None = None
    ) -> None:
        def send() -> None:
            blob.upload_from_string(
                data,
                content_type=_TYPE,
                checksum=_CHECKSUM,
                if_generation_match=if_generation_match,
                retry=self._retry,
                timeout=_TIMEOUT_SECONDS,
            )

        _upload_with_retry(send, len(data))

    def _creation_token(self, key: str) -> str | None:
        """Returns the creation token of the current object."""
        blob = self._bucket.get_blob(key, retry=self._retry, timeout=_TIMEOUT_SECONDS)
        return None if blob is None else (blob.metadata or {}).get(CREATION_TOKEN)

    @contextmanager
    def _translate_errors(self, key: str) -> Iterator[None]:
        with _translate_errors(f"{self.uri}/{key}", self._name):
            yield


class _LimitedBuffer(io.BytesIO):
    """A buffer for the object at ``uri`` that raises an error beyond ``limit`` bytes."""

    def __init__(self, uri: str, limit: int | None) -> None:
        super().__init__()
        self._uri = uri
        self._limit = limit

    def write(self, data: Any) -> int:
        if self._limit is not None and self.tell() + len(data) > self._limit:
            raise object_too_large(self._uri, self._limit)
        return super().write(data)


def _download_with_retry(receive: Callable[[], Content]) -> Content:
    """Retries a damaged download once. The library does not."""
    try:
        return receive()
    except DataCorruption:
        return receive()


def _upload_with_retry(send: Callable[[], None], size: int) -> None:
    """Restarts a resumable upload once if its session is lost.

    A lost session has status 404 or 410 (https://cloud.google.com/storage/docs/resumable-uploads).
    Some servers do not repeat a lost response to the last chunk.
    """
    try:
        send()
    except (GoogleAPICallError, RetryError) as error:
        if size <= _SINGLE_REQUEST_BYTES or not _is_upload_session_lost(error):
            raise
        send()


def _is_upload_session_lost(error: Exception) -> bool:
    return isinstance(error, RetryError) or getattr(error, "code", None) in {404, 410}


@lru_cache
def _shared_client(_emulator: str | None) -> Client:
    """Returns the client of this process, which reuses connections.

    The library reads STORAGE_EMULATOR_HOST itself. The argument is only a cache key. The variable
    that is set here keeps the library from requesting the metadata of the bucket for traces: the
    request needs an additional permission (storage.buckets.get) and runs in a background thread.
    """
    os.environ.setdefault(_NO_BUCKET_METADATA, "true")
    return Client(project=None)


@contextmanager
def _translate_errors(uri: str, bucket: str) -> Iterator[None]:
    """Translates an error of Google's libraries into a :class:`StorageError`."""
    try:
        yield
    except _FAILURES as error:
        raise _to_storage_error(uri, bucket, error) from error


def _to_storage_error(uri: str, bucket: str, error: Exception) -> StorageError:
    if isinstance(error, RetryError) and isinstance(error.cause, _FAILURES):
        return _to_storage_error(uri, bucket, error.cause)
    if isinstance(error, GoogleAPICallError):
        return _api_error(uri, bucket, error)
    if isinstance(error, DefaultCredentialsError):
        return StorageDenied(f"{uri}: no Google credentials found; {_LOGIN}")
    if isinstance(error, DataCorruption):
        return StorageUnreachable(
            f"{uri}: the download was damaged: its checksum differs; run the same command again"
        )
    if isinstance(error, GoogleAuthError) and not isinstance(error, TransportError):
        return StorageDenied(
            f"{uri}: Google rejected the credentials ({_first_line(error)}); check that the clock"
            f" of this machine is right, then {_LOGIN}"
        )
    return StorageUnreachable(
        f"{uri}: cannot reach Google Cloud Storage ({_first_line(error)}); check the network"
        " and STORAGE_EMULATOR_HOST, and run the same command again"
    )


def _api_error(uri: str, bucket: str, error: GoogleAPICallError) -> StorageError:
    if isinstance(error, NotFound):
        if "bucket does not exist" in str(error) or not _is_about_object(error):
            return StorageError(
                f"{uri}: there is no bucket '{bucket}'; correct the URI, or create it with"
                f" 'gcloud storage buckets create gs://{bucket}'"
            )
        return ObjectNotFound(f"{uri}: no such object")
    if isinstance(error, Unauthorized):
        return StorageDenied(f"{uri}: Google rejected the credentials; {_LOGIN}")
    if isinstance(error, Forbidden):
        return StorageDenied(
            f"{uri}: permission denied; grant this account the role"
            f" roles/storage.objectUser on the bucket '{bucket}', or check that the bucket is in"
            " the right project"
        )
    if error.code in _BUSY:
        return StorageUnreachable(
            f"{uri}: Google Cloud Storage is overloaded or failing (status {error.code});"
            " wait, then run the same command again"
        )
    return StorageError(f"{uri}: Google Cloud Storage rejected the request: {_first_line(error)}")


def _is_about_object(error: GoogleAPICallError) -> bool:
    """Returns whether a 404 is about an object. Only the download of an object can miss one."""
    if error.response is None:
        return True
    request = error.response.request
    return request.method == "GET" and not urlsplit(request.url).path.endswith("/o")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
