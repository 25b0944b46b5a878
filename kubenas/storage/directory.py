"""A local directory as a store. Objects are created by hard links and replaced by renames."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from kubenas.errors import (
    DocumentUnusable,
    ObjectExists,
    ObjectNotFound,
    StorageDenied,
    StorageError,
    StorageFull,
)
from kubenas.storage.names import check_object_name
from kubenas.storage.protocol import ObjectInfo
from kubenas.storage.size_limit import check_size

_DISK_FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PERMISSION_ERRORS = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOT_A_FILE_ERRORS = {errno.ELOOP, errno.ENXIO}
_TEMPORARY = ".tmp-"


class DirectoryStorage:
    """A local directory. Implements :class:`kubenas.storage.protocol.Storage`.

    Folders are created on the first write.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def uri(self) -> str:
        return str(self._root)

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        path = self._path(name)
        with _translate_errors(path), _open_regular_file(path) as file:
            data = file.read() if limit is None else file.read(limit + 1)
        return check_size(data, limit, uri=str(path))

    def write(self, name: str, data: bytes) -> None:
        path = self._path(name)
        self._write_atomically(path, lambda temporary: temporary.write_bytes(data), os.replace)

    def create(self, name: str, data: bytes) -> None:
        path = self._path(name)
        self._write_atomically(path, lambda temporary: temporary.write_bytes(data), os.link)

    def exists(self, name: str) -> bool:
        path = self._path(name)
        with _translate_errors(path):  # for example for a name that is too long
            return path.is_file()

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        folder = self._path(prefix.rpartition("/")[0])
        root_length = len(os.path.join(self._root, ""))  # noqa: PTH118  Path is too slow here
        names = (path[root_length:] for path in _paths_under(folder))
        for name in sorted(name for name in names if name.startswith(prefix) and name > after):
            with suppress(FileNotFoundError):  # deleted in the meantime
                yield ObjectInfo(name, (self._root / name).stat().st_size)

    def delete(self, name: str) -> None:
        path = self._path(name)
        with _translate_errors(path):
            path.unlink(missing_ok=True)

    def upload_tree(self, source: Path, prefix: str) -> None:
        for path in _files_under(source):
            target = self._path(prefix) / path.relative_to(source)
            self._write_atomically(target, partial(_link_or_copy, path), os.replace)

    def stage(self, prefix: str) -> Path:
        folder = self._path(prefix)
        if not folder.exists():
            raise ObjectNotFound(f"{folder}: no such file or folder")
        return folder

    def _path(self, name: str) -> Path:
        return self._root / check_object_name(name, self.uri)

    def _write_atomically(
        self, path: Path, fill: Callable[[Path], object], publish: Callable[[Path, Path], None]
    ) -> None:
        """Writes a file atomically.

        Args:
            path: the path of the file.
            fill: writes the content to a temporary file.
            publish: moves or links the temporary file to ``path`` in one step.
        """
        with _translate_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=path.parent) as folder:
                temporary = Path(folder) / path.name
                fill(temporary)
                publish(temporary, path)


def _files_under(folder: Path) -> Iterator[Path]:
    return map(Path, _paths_under(folder))


def _paths_under(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(_TEMPORARY)]
        yield from (f"{parent}/{name}" for name in files)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # different file systems, or no support for hard links
        shutil.copyfile(source, target)


@contextmanager
def _open_regular_file(path: Path) -> Iterator[IO[bytes]]:
    """Opens a regular file. Does not block on other files, such as pipes.

    Raises:
        ObjectNotFound: A parent of the path is not a folder.
        DocumentUnusable: The path is not a regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except NotADirectoryError as error:
        raise ObjectNotFound(f"{path}: no such file") from error
    except OSError as error:
        if error.errno in _NOT_A_FILE_ERRORS:
            raise _not_a_file(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_a_file(path)
    with open(descriptor, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
        yield file


def _not_a_file(path: Path) -> DocumentUnusable:
    return DocumentUnusable(f"{path}: not a regular file; delete it")


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Translates an :class:`OSError` into a :class:`StorageError` with the path and the remedy."""
    try:
        yield
    except FileExistsError as error:
        raise ObjectExists(f"{path}: already exists") from error
    except FileNotFoundError as error:
        raise ObjectNotFound(f"{path}: no such file") from error
    except OSError as error:
        raise _to_storage_error(path, error) from error


def _to_storage_error(path: Path, error: OSError) -> StorageError:
    if error.errno in _DISK_FULL_ERRORS:
        return StorageFull(
            f"{path}: the disk is full; free some space and run the same command again"
        )
    if error.errno in _PERMISSION_ERRORS:
        return StorageDenied(
            f"{path}: permission denied; choose another output or change the permissions"
        )
    return StorageError(f"{path}: {error.strerror or error}")
