"""Access to a tree of files in a folder or in a .zip archive."""

import os
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, NoReturn, Protocol

from kubenas.data.source.file_access import read_chunks, translate_read_errors
from kubenas.errors import UserError

_ENCRYPTED = 0x1


class FileTree(Protocol):
    """A tree of files. Names are relative to ``path`` and have forward slashes."""

    @property
    def path(self) -> Path:
        """The path of the folder or archive."""
        ...

    def names(self) -> tuple[list[str], list[str]]:
        """Returns the sorted names of all files and the sorted names of all folders."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Opens the file ``name``."""
        ...

    def content(self, names: list[str]) -> Iterator[bytes]:
        """Yields the bytes to hash: all bytes that determine the files ``names``."""
        ...


class FolderFiles:
    """The files of a folder. Implements :class:`FileTree`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> tuple[list[str], list[str]]:
        return self._names

    @cached_property
    def _names(self) -> tuple[list[str], list[str]]:
        files, folders = [], []
        with translate_read_errors(self.path):
            for parent, below, names in os.walk(self.path, onerror=_raise, followlinks=True):
                place = Path(parent).relative_to(self.path)
                files += [(place / name).as_posix() for name in names]
                folders += [(place / name).as_posix() for name in below]
        return sorted(files), sorted(folders)

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")

    def content(self, names: list[str]) -> Iterator[bytes]:
        for name in names:
            path = self.path / name
            with translate_read_errors(path):
                yield f"\0{name}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape")
            yield from read_chunks(path)


class ZipFiles:
    """The files of a .zip archive, read without unpacking. Implements :class:`FileTree`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> tuple[list[str], list[str]]:
        members = self._archive.infolist()
        if locked := [member.filename for member in members if member.flag_bits & _ENCRYPTED]:
            raise UserError(
                f"{self.path}: '{locked[0]}' is encrypted; create the .zip without a password"
            )
        files = [member.filename for member in members if not member.is_dir()]
        folders = {parent for name in files for parent in _parents(name)}
        folders |= {member.filename.rstrip("/") for member in members if member.is_dir()}
        return sorted(files), sorted(folders)

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)

    def content(self, names: list[str]) -> Iterator[bytes]:  # noqa: ARG002  the archive is one file
        return read_chunks(self.path)

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        try:
            with translate_read_errors(self.path):
                # Without an encoding zipfile assumes cp437 for names that are not marked as UTF-8.
                return zipfile.ZipFile(self.path, metadata_encoding="utf-8")
        except UnicodeDecodeError as error:
            name = error.object.decode("ascii", "backslashreplace")
            raise UserError(
                f"{self.path}: the name '{name}' is not UTF-8; create the archive again with names"
                " in UTF-8, for example with zip or 7z (-mcu=on)"
            ) from error


def _raise(error: OSError) -> NoReturn:
    raise error


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition("/")[0]:
        yield name
