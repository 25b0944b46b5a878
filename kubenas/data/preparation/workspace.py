"""The temporary folder in which a data set is prepared."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from kubenas.errors import StorageDenied, StorageError, StorageFull
from kubenas.storage import Storage

_DISK_FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def workspace(output: Storage) -> Iterator[Path]:
    """Provides an empty local folder to one process at a time, and deletes it afterwards.

    A second process waits for the first. Files that a killed process left are deleted by the next
    one. The folder is inside a local output, on the same file system, so files can be linked
    instead of copied. For a remote output it is in the system's temporary folder.

    Raises:
        StorageError: The disk is full or not writable.
    """
    place = _workspace_path(output)
    with _translate_errors(place):
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / "lock"):
            folder = place / "work"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _workspace_path(output: Storage) -> Path:
    if "://" in output.uri:
        return Path(tempfile.gettempdir()) / f"kubenas-prepare-{os.getuid()}"
    return Path(output.uri) / "data" / ".tmp-prepare"


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise StorageDenied(
            f"{path}: permission denied; choose another output or change the permissions"
        ) from error
    except OSError as error:
        if error.errno in _DISK_FULL_ERRORS:
            raise StorageFull(
                f"{path}: the disk is full; free some space and run the same command again"
            ) from error
        raise StorageError(f"{path}: {error.strerror or error}") from error
