"""Local copies of what was staged from a bucket, shared by all processes of a machine.

The cache's folder holds

- ``entries/<key>/files/``: one staged folder. The key is a digest of the names, sizes and versions
  in it, so a changed folder is another entry. A file is moved here once it is whole.
- ``entries/<key>/entry.json``: which URI it came from and the space it takes, written before the
  files; its modification time is when the entry was last used.
- ``locks/<key>.use``: shared by every process that reads the entry, until the process ends; who
  deletes the entry needs it alone.
- ``locks/<key>.fill``: held by the one process that downloads.
- ``locks/space``: held while room is made.
- ``incoming/<key>/``: files on their way; what a killed process left is removed by the next one.
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
"""Of an entry.json at the most."""

Fetch = Callable[[BucketObject, Path], None]
"""Downloads an object to a new file and verifies it."""


@dataclass(frozen=True)
class Snapshot:
    """What a folder in a bucket holds at one time: relative names and their objects."""

    uri: str
    items: Mapping[str, BucketObject]

    @cached_property
    def key(self) -> str:
        """A digest of the content, as far as its store tells contents apart."""
        listing = [(name, item.size, item.version) for name, item in sorted(self.items.items())]
        return hashlib.sha256(json.dumps([self.uri, listing]).encode()).hexdigest()[:32]

    @cached_property
    def size(self) -> int:
        """Bytes."""
        return sum(item.size for item in self.items.values())


def open_cache() -> "Cache":
    """The cache at KUBENAS_CACHE, by default ``kubenas`` in the XDG cache folder, of at most
    KUBENAS_CACHE_GIB GiB, by default 10.

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
    raise UserError(f"KUBENAS_CACHE_GIB: '{text}' is not a size; give GiB as a number above 0")


class Cache:
    """Entries below ``folder`` that take at most ``limit`` bytes together."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self._folder = folder.absolute()
        self._limit = limit

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    @property
    def limit(self) -> int:
        """Bytes that it may take."""
        return self._limit

    def acquire(self, snapshot: Snapshot, fetch: Fetch) -> Path:
        """The folder with the files of ``snapshot``, which stays until this process ends.

        ``fetch`` is asked, from several threads, only for what is missing here.

        Raises:
            CacheTooSmall: it does not fit beside what is in use.
            StorageFull: the disk is full before the cache is.
            StorageDenied: the cache's folder cannot be written.
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
                self._sweep()
                self._reserve(snapshot)
            self._download(snapshot, missing, fetch)
        os.utime(self._entry(snapshot.key))

    def _download(self, snapshot: Snapshot, missing: Sequence[str], fetch: Fetch) -> None:
        """Settles one file after the other, so that who comes after a kill goes on from there."""
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
        """Makes room by deleting the least recently used entries, then takes it."""
        if snapshot.size > self._limit:
            raise self._too_small(snapshot, in_use=0)
        sizes = {
            path.parent.name: _size_of(path)
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
        beside = path.with_suffix(".tmp")
        beside.write_text(json.dumps({"uri": snapshot.uri, "bytes": snapshot.size}))
        beside.replace(path)

    def _evict(self, key: str) -> bool:
        """Deletes an entry unless a process uses it."""
        with _open_lock(self._folder / "locks" / f"{key}.use") as lock:
            if not _try_lock(lock):
                return False
            rubbish = self._folder / "incoming" / f"{_EVICTED}{uuid.uuid4().hex}"
            self._entry(key).parent.rename(rubbish)
            shutil.rmtree(rubbish)
            return True

    def _sweep(self) -> None:
        """Deletes what processes left that were killed while they downloaded or evicted."""
        for path in (self._folder / "incoming").iterdir():
            if path.name.startswith(_EVICTED):
                shutil.rmtree(path)
                continue
            with _open_lock(self._folder / "locks" / f"{path.name}.fill") as lock:
                if _try_lock(lock):
                    shutil.rmtree(path)

    def _too_small(self, snapshot: Snapshot, *, in_use: int) -> CacheTooSmall:
        others = f", of which {in_use / _GIB:.3g} GiB are in use" if in_use else ""
        return CacheTooSmall(
            f"{snapshot.uri}: {snapshot.size / _GIB:.3g} GiB do not fit into the cache of"
            f" {self._limit / _GIB:.3g} GiB at {self._folder}{others}; set KUBENAS_CACHE_GIB to"
            " more, or KUBENAS_CACHE to a larger disk"
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


def _size_of(entry: Path) -> int:
    """Bytes that an entry takes: as it says, or as its files do where others have written to it."""
    try:
        with entry.open("rb") as file:
            return max(0, int(json.loads(file.read(_ENTRY_BYTES))["bytes"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return sum(path.lstat().st_size for path in entry.parent.rglob("*"))


def _missing(files: Path, snapshot: Snapshot) -> list[str]:
    """Names that are not there, or are not whole since the machine lost power."""
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
            f"{folder}: the disk of the cache is full; set KUBENAS_CACHE to a larger one, or"
            " KUBENAS_CACHE_GIB to what it holds"
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StorageDenied(
            f"{folder}: the cache cannot be written; set KUBENAS_CACHE to a folder that can"
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
    """Whether the lock could be had alone at once; it is then held."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _exclusive_lock(path: Path) -> Iterator[None]:
    """Held alone. The lock dies with its process, however that dies."""
    with _open_lock(path) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_held_locks: dict[Path, int] = {}


def _hold_shared_lock(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if _held_locks.setdefault(path, descriptor) != descriptor:
        os.close(descriptor)
