"""The files of a user's folder, on a disk or in a bucket.

Excluded are hidden files, __pycache__, virtual environments and the output of the search.
"""

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from kubenas.errors import UserError
from kubenas.spaces.user_code.gitignore import Gitignore
from kubenas.storage import Storage, open_storage

_VENV_MARK = "pyvenv.cfg"
_MOST_OBJECTS = 20_000

Enter = Callable[[str], bool]
"""Whether to list a folder, given its name relative to the user's folder."""


class UserFolder(Protocol):
    """A user's folder. Names are relative to it and use forward slashes."""

    def names(self, enter: Enter) -> Iterator[str]:
        """Yields the names of files in the folder, and in subfolders that ``enter`` accepts."""
        ...

    def has(self, name: str) -> bool:
        """Returns whether the file exists."""
        ...

    def size(self, name: str) -> int:
        """Returns the size of a file in bytes."""
        ...

    def ignored(self, name: str) -> bool:
        """Returns whether .gitignore ignores a file."""
        ...

    def hidden_or_outside(self, name: str) -> bool:
        """Returns whether a file is hidden, or links to a hidden file or out of the folder."""
        ...

    def read(self, name: str) -> bytes:
        """Returns the content of a file.

        Raises:
            ObjectNotFound: there is no such file.
        """
        ...


def open_user_folder(uri: str, *, output: str) -> UserFolder:
    """Opens the folder at ``uri``, without the ``output`` below it.

    Raises:
        UserError: the scheme of the URI is not supported.
    """
    storage = open_storage(uri or "/")
    if "://" in storage.uri:
        return _BucketFolder(storage, output=output)
    # The URI of an output in a bucket resolves to a path that does not exist.
    return _DiskFolder(storage, output=Path(output.removeprefix("file://")).resolve())


class _DiskFolder:
    def __init__(self, storage: Storage, *, output: Path) -> None:
        self._storage = storage
        self._root = Path(storage.uri).resolve()
        self._output = output

    def names(self, enter: Enter) -> Iterator[str]:
        for parent, folders, files in os.walk(self._root):
            above = Path(parent).relative_to(self._root)
            folders[:] = sorted(name for name in folders if self._should_enter(above / name, enter))
            yield from ((above / name).as_posix() for name in sorted(files) if _is_visible(name))

    def has(self, name: str) -> bool:
        return (self._root / name).is_file()

    def size(self, name: str) -> int:
        return (self._root / name).stat().st_size

    def ignored(self, name: str) -> bool:
        return self._gitignore.ignores(self._root / name)

    def hidden_or_outside(self, name: str) -> bool:
        target = (self._root / name).resolve()
        if not target.is_relative_to(self._root):
            return True
        return not all(map(_is_visible, target.relative_to(self._root).parts))

    def read(self, name: str) -> bytes:
        return self._storage.read(name)

    @cached_property
    def _gitignore(self) -> Gitignore:
        return Gitignore(self._root)

    def _should_enter(self, folder: Path, enter: Enter) -> bool:
        path = self._root / folder
        if not _is_visible(folder.name) or not enter(folder.as_posix()) or path == self._output:
            return False
        return not (path / _VENV_MARK).exists()


class _BucketFolder:
    def __init__(self, storage: Storage, *, output: str) -> None:
        self._storage = storage
        self._output = output.rstrip("/").removeprefix(f"{storage.uri}/")

    def names(self, enter: Enter) -> Iterator[str]:
        for name in self._sizes:
            above = [str(each) for each in PurePosixPath(name).parents][:-1]
            if all(enter(each) for each in reversed(above)):
                yield name

    def has(self, name: str) -> bool:
        return name in self._sizes

    def size(self, name: str) -> int:
        return self._sizes[name]

    def ignored(self, name: str) -> bool:  # noqa: ARG002
        return False  # files in a bucket were put there on purpose

    def hidden_or_outside(self, name: str) -> bool:  # noqa: ARG002
        return False

    def read(self, name: str) -> bytes:
        return self._storage.read(name)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        sizes = {item.name: item.size for item in self._storage.list()}
        if len(sizes) > _MOST_OBJECTS:
            raise UserError(
                f"space.hypermodel: {self._storage.uri} contains {len(sizes):,} objects, more than"
                f" {_MOST_OBJECTS:,}; move the file into a folder of its own"
            )
        venvs = {name.removesuffix(f"/{_VENV_MARK}") for name in sizes if _VENV_MARK in name}
        closed = {*venvs, self._output}  # an output elsewhere is a URI, which equals no name
        return {name: size for name, size in sizes.items() if _is_reachable(name, closed)}


def _is_reachable(name: str, closed: set[str]) -> bool:
    path = PurePosixPath(name)
    above = {str(each) for each in path.parents}
    return all(_is_visible(part) for part in path.parts) and not above & closed


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name != "__pycache__"
