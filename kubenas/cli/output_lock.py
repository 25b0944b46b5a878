"""One run at a time on an output of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kubenas.errors import UserError


@contextmanager
def output_lock(folder: Path) -> Iterator[None]:
    """Holds ``folder`` for this process; the system lets go of it when the process dies.

    Raises:
        UserError: another run holds it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"output {folder} is in use by another 'kubenas run'; wait for it, or stop it first"
        ) from error
    except OSError as error:
        raise UserError(
            f"output {folder}: cannot be written: {error.strerror}; choose another 'output'"
        ) from error
    try:
        yield
    finally:
        lock.release()
