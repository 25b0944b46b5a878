"""The protocol of a bucket in an object store, used by :mod:`kubenas.storage.remote`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RETRY_SECONDS = 60.0
"""How long a request is retried while the object store is unreachable or busy."""

CREATION_TOKEN = "kubenas-creation"  # noqa: S105  the name of a metadata field
"""Metadata field with a random token. A creator whose response was lost recognises its own object
by the token."""


@dataclass(frozen=True)
class BucketObject:
    """One version of an object."""

    key: str
    size: int
    """Size in bytes."""
    version: str
    """Identifies the content: it changes whenever the object is replaced."""


class Bucket(Protocol):
    """The objects of one bucket, addressed by their full keys.

    Transient errors are retried if that is safe. Other errors, and errors that persist, raise a
    :class:`kubenas.errors.StorageError` that names the URI and the remedy. Instances are
    thread-safe.
    """

    @property
    def uri(self) -> str:
        """The URI of the bucket: scheme and name."""
        ...

    def get(self, key: str, *, limit: int | None = None) -> bytes:
        """Returns the content of an object.

        Raises:
            ObjectNotFound: There is no such object.
            ObjectTooLarge: The object is larger than ``limit`` bytes. It is not read into memory.
        """
        ...

    def put(self, key: str, data: bytes) -> None:
        """Writes or replaces an object."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> None:
        """Creates an object.

        Raises:
            ObjectExists: The object exists. Never caused by an earlier attempt of the same call.
        """
        ...

    def exists(self, key: str) -> bool:
        """Returns whether there is an object with this key."""
        ...

    def list(self, prefix: str, *, after: str = "") -> Iterator[BucketObject]:
        """Yields the objects whose keys start with ``prefix``, in any order.

        Keys up to ``after`` may be omitted, which saves requests.
        """
        ...

    def delete(self, key: str) -> None:
        """Deletes an object, if it exists."""
        ...

    def upload(self, source: Path, key: str) -> None:
        """Writes or replaces an object from a file, with a checksum and constant memory use."""
        ...

    def download(self, item: BucketObject, target: Path) -> None:
        """Downloads the version ``item`` of an object to a new file and verifies its checksum.

        Raises:
            ObjectNotFound: The version no longer exists. ``target`` may be incomplete.
        """
        ...
