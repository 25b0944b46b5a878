"""Bytes at a URI: what every store promises. tests/contracts/storage holds each to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ObjectInfo:
    """An object in a listing."""

    name: str
    size: int
    """Bytes."""


class Storage(Protocol):
    """A folder of objects at ``uri``. Names are relative, with forward slashes.

    A reader sees an object whole or not at all. Every method may raise
    :class:`kubenas.errors.StorageDenied` or :class:`kubenas.errors.StorageFull`.
    """

    @property
    def uri(self) -> str:
        """Where this folder is, without a trailing slash."""
        ...

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        """The content of an object.

        Args:
            name: of the object.
            limit: bytes that the caller takes, no more of which are read; None: however many.

        Raises:
            ObjectNotFound: there is none.
            ObjectTooLarge: it holds more than ``limit`` bytes.
        """
        ...

    def write(self, name: str, data: bytes) -> None:
        """Writes or replaces an object."""
        ...

    def create(self, name: str, data: bytes) -> None:
        """Writes an object that must not exist. Of several callers exactly one succeeds.

        Raises:
            ObjectExists: it exists; nothing was changed.
        """
        ...

    def exists(self, name: str) -> bool:
        """Whether there is an object (not a folder) of this name."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Objects whose names start with ``prefix``, in the order of their names.

        Only those whose names come after ``after``, which need not exist: the store starts
        there, so that the end of a long list costs no more than a short one.
        """
        ...

    def delete(self, name: str) -> None:
        """Removes an object; one that does not exist is no error."""
        ...

    def upload_tree(self, source: Path, prefix: str) -> None:
        """Copies all files under the local folder ``source`` to names under ``prefix``."""
        ...

    def stage(self, prefix: str) -> Path:
        """A local folder with all objects under ``prefix``, for libraries that want files.

        Where ``prefix`` is the name of one object, a local file with its content.

        Read it, do not write to it. A local store gives its own folder, others a copy.

        Raises:
            ObjectNotFound: there is no object under ``prefix``.
        """
        ...
