"""A place for half-done work, beside the place where it will end up."""

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
    """An empty local folder, for one process at a time; it is gone afterwards.

    What a killed process left in it is removed by the next one. A second process waits for the
    first. Beside a local output, where finished files need not be copied; else in the user's own
    temporary folder.

    Raises:
        StorageError: the disk is full or may not be written to.
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
            f"{path}: no permission; choose another output or change its permissions"
        ) from error
    except OSError as error:
        if error.errno in _DISK_FULL_ERRORS:
            raise StorageFull(
                f"{path}: the disk is full; free some space and run the same command again"
            ) from error
        raise StorageError(f"{path}: {error.strerror or error}") from error
