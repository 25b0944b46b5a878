"""A local cache of staged folders, shared by all processes of a machine.

The folder of the cache contains

- ``entries/<key>/files/``: the files of one staged folder. The key is a digest of their names,
  sizes and versions, so a changed folder is a new entry. Complete files are moved here.
- ``entries/<key>/entry.json``: the URI and the size of the entry, written before the files. Its
  modification time is the last use of the entry.
- ``locks/<key>.use``: shared lock of each process that reads the entry, held until the process
  ends. Eviction needs it exclusively.
- ``locks/<key>.fill``: exclusive lock of the process that downloads the entry.
- ``locks/space``: exclusive lock for evictions and the reservation of space.
- ``incoming/<key>/``: incomplete downloads. The next process deletes those of killed processes.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kubenas.errors import CacheTooSmall, StorageDenied, StorageError, StorageFull, UserError
from kubenas.storage.bucket import BucketObject
from kubenas.storage.parallel import run_in_parallel

_GIB = 1 << 30
_DEFAULT_GIB = 10.0
_READ_ONLY = 0o444
_EVICTED = "evicted-"
_ENTRY_BYTES = 1 << 16
"""Maximum size of entry.json in bytes."""

Fetch = Callable[[BucketObject, Path], None]
"""Downloads an object to a new file and verifies it."""


@dataclass(frozen=True)
class Snapshot:
    """The objects of a folder in a bucket at one point in time, by relative name."""

    uri: str
    items: Mapping[str, BucketObject]

    @cached_property
    def key(self) -> str:
        """A digest of the names, sizes and versions of the objects."""
        listing = [(name, item.size, item.version) for name, item in sorted(self.items.items())]
        return hashlib.sha256(json.dumps([self.uri, listing]).encode()).hexdigest()[:32]

    @cached_property
    def size(self) -> int:
        """The total size in bytes."""
        return sum(item.size for item in self.items.values())


def open_cache() -> "Cache":
    """Opens the cache that the environment configures.

    KUBENAS_CACHE is its folder, by default ``kubenas`` in the XDG cache folder. KUBENAS_CACHE_GIB
    is its size limit in GiB, by default 10.

    Raises:
        UserError: KUBENAS_CACHE_GIB is not a positive number.
    """
    default = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kubenas"
    folder = os.environ.get("KUBENAS_CACHE")
    return Cache(Path(folder).expanduser() if folder else default, limit=_limit())


def _limit() -> int:
    text = os.environ.get("KUBENAS_CACHE_GIB") or str(_DEFAULT_GIB)
    with suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return int(float(text) * _GIB)
    raise UserError(f"KUBENAS_CACHE_GIB: '{text}' is not a size; give a positive number of GiB")


class Cache:
    """A cache in ``folder`` with a total size of at most ``limit`` bytes."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self._folder = folder.absolute()
        self._limit = limit

    @property
    def folder(self) -> Path:
        """The folder of the cache."""
        return self._folder

    @property
    def limit(self) -> int:
        """The maximum total size in bytes."""
        return self._limit

    def acquire(self, snapshot: Snapshot, fetch: Fetch) -> Path:
        """Returns the folder with the files of ``snapshot``, downloaded if necessary.

        The entry is not evicted before this process ends.

        Args:
            snapshot: the objects to download.
            fetch: called from several threads for each file that is missing.

        Raises:
            CacheTooSmall: The snapshot does not fit beside the entries that are in use.
            StorageFull: The disk is full.
            StorageDenied: The folder of the cache is not writable.
        """
        with self._translate_errors():
            for part in ("entries", "locks", "incoming"):
                (self._folder / part).mkdir(parents=True, exist_ok=True)
            _hold_shared_lock(self._folder / "locks" / f"{snapshot.key}.use")
            with _exclusive_lock(self._folder / "locks" / f"{snapshot.key}.fill"):
                self._fill(snapshot, fetch)
            return self._files(snapshot.key)

    def _fill(self, snapshot: Snapshot, fetch: Fetch) -> None:
        missing = _missing(self._files(snapshot.key), snapshot)
        if missing:
            with _exclusive_lock(self._folder / "locks" / "space"):
                self._delete_leftovers()
                self._reserve(snapshot)
            self._download(snapshot, missing, fetch)
        os.utime(self._entry(snapshot.key))

    def _download(self, snapshot: Snapshot, missing: Sequence[str], fetch: Fetch) -> None:
        """Moves each file into place when it is complete: an interrupted download can resume."""
        incoming = self._folder / "incoming" / snapshot.key
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()

        def download(numbered: tuple[int, str]) -> None:
            number, name = numbered
            path = incoming / str(number)
            fetch(snapshot.items[name], path)
            _move_into_place(path, self._files(snapshot.key) / name)

        try:
            run_in_parallel(download, enumerate(missing))
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def _reserve(self, snapshot: Snapshot) -> None:
        """Evicts the least recently used entries as necessary, then reserves the space."""
        if snapshot.size > self._limit:
            raise self._too_small(snapshot, in_use=0)
        sizes = {
            path.parent.name: _entry_size(path)
            for path in sorted(
                self._folder.glob("entries/*/entry.json"), key=lambda path: path.stat().st_mtime
            )
        }
        sizes.pop(snapshot.key, None)
        for key in list(sizes):
            if sum(sizes.values()) + snapshot.size <= self._limit:
                break
            if self._evict(key):
                del sizes[key]
        if sum(sizes.values()) + snapshot.size > self._limit:
            raise self._too_small(snapshot, in_use=sum(sizes.values()))
        path = self._entry(snapshot.key)
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps({"uri": snapshot.uri, "bytes": snapshot.size}))
        temporary.replace(path)

    def _evict(self, key: str) -> bool:
        """Deletes an entry unless a process uses it. Returns whether it was deleted."""
        with _open_lock(self._folder / "locks" / f"{key}.use") as lock:
            if not _try_lock(lock):
                return False
            evicted = self._folder / "incoming" / f"{_EVICTED}{uuid.uuid4().hex}"
            self._entry(key).parent.rename(evicted)
            shutil.rmtree(evicted)
            return True

    def _delete_leftovers(self) -> None:
        """Deletes the leftovers of processes that were killed during a download or an eviction."""
        for path in (self._folder / "incoming").iterdir():
            if path.name.startswith(_EVICTED):
                shutil.rmtree(path)
                continue
            with _open_lock(self._folder / "locks" / f"{path.name}.fill") as lock:
                if _try_lock(lock):
                    shutil.rmtree(path)

    def _too_small(self, snapshot: Snapshot, *, in_use: int) -> CacheTooSmall:
        used = f", of which {in_use / _GIB:.3g} GiB are in use" if in_use else ""
        return CacheTooSmall(
            f"{snapshot.uri}: {snapshot.size / _GIB:.3g} GiB do not fit into the cache of"
            f" {self._limit / _GIB:.3g} GiB at {self._folder}{used}; increase KUBENAS_CACHE_GIB,"
            " or set KUBENAS_CACHE to a folder on a larger disk"
        )

    def _entry(self, key: str) -> Path:
        return self._folder / "entries" / key / "entry.json"

    def _files(self, key: str) -> Path:
        return self._folder / "entries" / key / "files"

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _to_storage_error(self._folder, error) from error


def _entry_size(entry: Path) -> int:
    """Returns the recorded size of an entry, or the size of its files if the record is invalid."""
    try:
        with entry.open("rb") as file:
            return max(0, int(json.loads(file.read(_ENTRY_BYTES))["bytes"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return sum(path.lstat().st_size for path in entry.parent.rglob("*"))


def _missing(files: Path, snapshot: Snapshot) -> list[str]:
    """Returns the names of files that are missing or have another size, as after a power loss."""
    return [
        name
        for name, item in snapshot.items.items()
        if not (files / name).is_file() or (files / name).stat().st_size != item.size
    ]


def _move_into_place(whole: Path, path: Path) -> None:
    whole.chmod(_READ_ONLY)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.replace(path)


def _to_storage_error(folder: Path, error: OSError) -> StorageError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFull(
            f"{folder}: the disk of the cache is full; set KUBENAS_CACHE to a folder on a larger"
            " disk, or reduce KUBENAS_CACHE_GIB"
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StorageDenied(
            f"{folder}: the cache is not writable; set KUBENAS_CACHE to a writable folder"
        )
    return StorageError(f"{folder}: the cache cannot be used: {error.strerror or error}")


@contextmanager
def _open_lock(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(lock: int) -> bool:
    """Tries to take the exclusive lock without waiting, and returns whether it succeeded."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _exclusive_lock(path: Path) -> Iterator[None]:
    """Holds an exclusive lock. The kernel releases it when the process ends for any reason."""
    with _open_lock(path) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_held_locks: dict[Path, int] = {}


def _hold_shared_lock(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if _held_locks.setdefault(path, descriptor) != descriptor:
        os.close(descriptor)
