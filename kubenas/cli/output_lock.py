"""A file lock that allows one run or one clean-up of an output at a time on this machine."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kubenas.errors import UserError


def local_folder(uri: str) -> Path:
    """Returns the folder for the lock, the log of kfp and the scratch files of a run.

    This is the output itself if it is local, else a folder in the user's cache.
    """
    if "://" not in uri:
        return Path(uri)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "kubenas" / "runs" / hashlib.sha256(uri.encode()).hexdigest()[:16]


class OutputInUse(UserError):
    """Another command on this machine uses the output."""


@contextmanager
def output_lock(folder: Path, output: str) -> Iterator[None]:
    """Locks ``folder`` for this process. The operating system releases the lock on exit.

    Args:
        folder: folder of the lock, see :func:`local_folder`.
        output: URI of the output, for messages.

    Raises:
        OutputInUse: another command holds the lock.
        UserError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputInUse(
            f"output {output} is in use by another 'kubenas' command; wait for it or stop it first"
        ) from error
    except OSError as error:
        raise UserError(
            f"output {output}: {folder} cannot be written: {error.strerror};"
            " choose another 'output'"
        ) from error
    try:
        yield
    finally:
        lock.release()
