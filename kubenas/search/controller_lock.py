"""File lock that allows one controller per search in a local output directory.

In object stores, the journal's conditional create alone keeps a second controller out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kubenas.search.journal import AnotherController
from kubenas.search.layout import search_folder
from kubenas.storage import Storage

_WAIT_SECONDS = 20.0


@contextmanager
def controller_lock(
    storage: Storage, search: str, *, wait_seconds: float = _WAIT_SECONDS
) -> Iterator[None]:
    """Holds the search's lock. The operating system releases it when the process ends.

    Raises:
        AnotherController: another process still holds it after ``wait_seconds``.
    """
    if "://" in storage.uri:
        yield
        return
    path = Path(storage.uri) / search_folder(search) / "controller.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.1)
    except Timeout as error:
        raise AnotherController(
            f"{path}: another process runs this search; wait for it or stop it, then run the same"
            " command again"
        ) from error
    try:
        yield
    finally:
        lock.release()
