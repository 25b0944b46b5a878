"""The protocol of stores. tests/contracts/storage checks it for every implementation."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ObjectInfo:
    """An object in a listing."""

    name: str
    size: int
    """Size in bytes."""


class Storage(Protocol):
    """A folder of objects at ``uri``. Names are relative, with forward slashes.

    Writes are atomic: a reader never sees a part of an object. Every method may raise
    :class:`kubenas.errors.StorageDenied` or :class:`kubenas.errors.StorageFull`.
    """

    @property
    def uri(self) -> str:
        """The URI of the folder, without a trailing slash."""
        ...

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        """Returns the content of an object.

        Args:
            name: the name of the object.
            limit: maximum size in bytes; None: no limit.

        Raises:
            ObjectNotFound: There is no such object.
            ObjectTooLarge: The object is larger than ``limit`` bytes.
        """
        ...

    def write(self, name: str, data: bytes) -> None:
        """Writes or replaces an object."""
        ...

    def create(self, name: str, data: bytes) -> None:
        """Creates an object that must not exist. Of concurrent callers exactly one succeeds.

        Raises:
            ObjectExists: The object exists. It was not changed.
        """
        ...

    def exists(self, name: str) -> bool:
        """Returns whether there is an object (not a folder) of this name."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Yields the objects whose names start with ``prefix``, sorted by name.

        Only names greater than ``after`` are included. The store starts the listing there, so the
        end of a long list is as fast as a short list. ``after`` need not exist.
        """
        ...

    def delete(self, name: str) -> None:
        """Deletes an object, if it exists."""
        ...

    def upload_tree(self, source: Path, prefix: str) -> None:
        """Copies all files under the local folder ``source`` to names under ``prefix``."""
        ...

    def stage(self, prefix: str) -> Path:
        """Provides all objects under ``prefix`` as files, and returns their local folder.

        If ``prefix`` is the name of an object, returns the path of a local file. Callers must not
        write to the files: a local store returns its own folder, other stores return a copy.

        Raises:
            ObjectNotFound: There is no object under ``prefix``.
        """
        ...
