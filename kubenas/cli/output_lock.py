"""One run, or one clean-up, at a time of this machine on an output."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kubenas.errors import UserError


def local_folder(uri: str) -> Path:
    """Where a run on the output at ``uri`` keeps its lock, kfp's log and scratch files.

    In the output itself if that is local, else in the user's cache folder.
    """
    if "://" not in uri:
        return Path(uri)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "kubenas" / "runs" / hashlib.sha256(uri.encode()).hexdigest()[:16]


class OutputInUse(UserError):
    """Another command of this machine works on the output."""


@contextmanager
def output_lock(folder: Path, output: str) -> Iterator[None]:
    """Holds ``folder`` for this process; the system lets go of it when that dies.

    Args:
        folder: as :func:`local_folder` gives it.
        output: the output's URI, for messages.

    Raises:
        OutputInUse: another command holds it.
        UserError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputInUse(
            f"output {output} is in use by another 'kubenas' command; wait for it, or stop it first"
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
