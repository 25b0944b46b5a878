"""What a cloud's object store must do for :class:`kubenas.storage.remote.RemoteStorage`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RETRY_SECONDS = 60.0
"""How long a request is tried again while its store is unreachable or busy."""

CREATION_TOKEN = "kubenas-creation"  # noqa: S105  the name of a metadata field
"""Metadata with a random token: a creator whose answer was lost knows its own object by it."""


@dataclass(frozen=True)
class BucketObject:
    """One content of one key."""

    key: str
    size: int
    """Bytes."""
    version: str
    """Another content of the same key has another version."""


class Bucket(Protocol):
    """The objects of one bucket by their full keys.

    Requests that fail for a passing reason are repeated where that is safe. Whatever still
    fails raises a :class:`kubenas.errors.StorageError` that names the URI and the remedy.
    Instances are used from several threads at once.
    """

    @property
    def uri(self) -> str:
        """Scheme and bucket."""
        ...

    def get(self, key: str, *, limit: int | None = None) -> bytes:
        """Raises ObjectNotFound; ObjectTooLarge before more than ``limit`` bytes are in memory."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Writes or replaces."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> None:
        """Raises ObjectExists; never because of an earlier try of this same call."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object with this key."""
        ...

    def list(self, prefix: str, *, after: str = "") -> Iterator[BucketObject]:
        """Objects whose keys start with ``prefix``, in any order.

        Keys up to ``after`` may be left out: a hint that saves requests.
        """
        ...

    def delete(self, key: str) -> None:
        """A key without an object is no error."""
        ...

    def upload(self, source: Path, key: str) -> None:
        """Writes or replaces from a file, with a checksum, in flat memory."""
        ...

    def download(self, item: BucketObject, target: Path) -> None:
        """Writes exactly the version in ``item`` to a new file and verifies its checksum.

        Raises:
            ObjectNotFound: that version is gone; ``target`` may have been begun.
        """
        ...
