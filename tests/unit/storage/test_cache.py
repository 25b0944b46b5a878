"""The cache of staged folders: size limit, sharing between processes, verification, kills."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kubenas.errors import CacheTooSmall, StorageUnreachable, UserError
from kubenas.storage.bucket import BucketObject
from kubenas.storage.cache import Cache, Snapshot, open_cache

HOLDER = """
import sys, time
from pathlib import Path
from kubenas.storage.bucket import BucketObject
from kubenas.storage.cache import Cache, Snapshot

folder, name, size, seconds = sys.argv[1:]
items = {f"{n}.bin": BucketObject(f"{name}/{n}.bin", int(size), "1") for n in range(2)}

def fetch(item, target):
    if item.key.endswith("1.bin"):
        time.sleep(float(seconds))
    target.write_bytes(item.key[:1].encode() * item.size)

Cache(Path(folder), limit=100).acquire(Snapshot(name, items), fetch)
print("held", flush=True)
time.sleep(60)
"""


def snapshot(name: str, size: int = 20, version: str = "1") -> Snapshot:
    """Returns a snapshot of two files of ``size`` bytes each."""
    keys = {f"{number}.bin": f"{name}/{number}.bin" for number in range(2)}
    return Snapshot(name, {file: BucketObject(key, size, version) for file, key in keys.items()})


class Bucket:
    """Fetches objects filled with the first letter of their key, and records the keys."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def fetch(self, item: BucketObject, target: Path) -> None:
        self.fetched.append(item.key)
        target.write_bytes(item.key[:1].encode() * item.size)


def in_another_process(
    cache: Path, name: str, size: int, seconds: float = 0.0
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(cache), name, str(size), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def add_unused_entry(cache: Path, name: str, size: int = 20) -> None:
    """Adds an entry that is no longer in use."""
    process = in_another_process(cache, name, size)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()


def entries(cache: Path) -> list[str]:
    found = cache.glob("entries/*/entry.json")
    return sorted(json.loads(path.read_bytes())["uri"] for path in found)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_cached_folder_is_not_fetched_again(tmp_path: Path) -> None:
    bucket = Bucket()
    folder = Cache(tmp_path, limit=100).acquire(snapshot("a"), bucket.fetch)
    assert Cache(tmp_path, limit=100).acquire(snapshot("a"), bucket.fetch) == folder
    assert sorted(bucket.fetched) == ["a/0.bin", "a/1.bin"]
    assert (folder / "1.bin").read_bytes() == b"a" * 20


def test_another_version_is_another_entry(tmp_path: Path) -> None:
    bucket, cache = Bucket(), Cache(tmp_path, limit=100)
    first = cache.acquire(snapshot("a"), bucket.fetch)
    assert cache.acquire(snapshot("a", version="2"), bucket.fetch) != first
    assert len(bucket.fetched) == 4


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    bucket, cache = Bucket(), Cache(tmp_path, limit=100)
    folder = cache.acquire(snapshot("a"), bucket.fetch)
    (folder / "1.bin").unlink()
    (folder / "1.bin").write_bytes(b"torn")
    assert cache.acquire(snapshot("a"), bucket.fetch) == folder
    assert bucket.fetched.count("a/1.bin") == 2
    assert bucket.fetched.count("a/0.bin") == 1
    assert (folder / "1.bin").read_bytes() == b"a" * 20


def test_the_least_recently_used_entry_is_evicted(tmp_path: Path) -> None:
    for name in "ab":
        add_unused_entry(tmp_path, name)
    add_unused_entry(tmp_path, "a")  # used again
    Cache(tmp_path, limit=100).acquire(snapshot("c"), Bucket().fetch)
    assert entries(tmp_path) == ["a", "c"]
    assert list((tmp_path / "incoming").iterdir()) == []


def test_an_entry_in_use_is_not_evicted(tmp_path: Path) -> None:
    user = in_another_process(tmp_path, "a", 20)
    try:
        assert user.stdout is not None
        assert user.stdout.readline() == "held\n"
        add_unused_entry(tmp_path, "b")
        Cache(tmp_path, limit=100).acquire(snapshot("c"), Bucket().fetch)
        assert entries(tmp_path) == ["a", "c"]
        with pytest.raises(CacheTooSmall, match="in use"):
            Cache(tmp_path, limit=100).acquire(snapshot("d"), Bucket().fetch)
    finally:
        user.kill()
        user.wait()


def test_a_folder_larger_than_the_cache_is_not_fetched(tmp_path: Path) -> None:
    bucket = Bucket()
    with pytest.raises(CacheTooSmall, match=r"^gs://b/data: .* KUBENAS_CACHE_GIB"):
        Cache(tmp_path, limit=39).acquire(snapshot("gs://b/data"), bucket.fetch)
    assert bucket.fetched == []
    assert entries(tmp_path) == []


def test_a_killed_download_is_resumed(tmp_path: Path) -> None:
    process = in_another_process(tmp_path, "a", 20, seconds=60)
    until(lambda: bool(list(tmp_path.glob("entries/*/files/0.bin"))))
    process.kill()
    process.wait()
    bucket = Bucket()
    folder = Cache(tmp_path, limit=100).acquire(snapshot("a"), bucket.fetch)
    assert bucket.fetched == ["a/1.bin"]
    assert (folder / "0.bin").read_bytes() == b"a" * 20
    assert list((tmp_path / "incoming").iterdir()) == []


def test_leftovers_of_a_killed_download_are_deleted(tmp_path: Path) -> None:
    process = in_another_process(tmp_path, "a", 20, seconds=60)
    until(lambda: bool(list(tmp_path.glob("entries/*/files/0.bin"))))
    Cache(tmp_path, limit=100).acquire(snapshot("b"), Bucket().fetch)
    assert len(list((tmp_path / "incoming").iterdir())) == 1  # the download is still running
    process.kill()
    process.wait()
    Cache(tmp_path, limit=200).acquire(snapshot("c"), Bucket().fetch)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_failed_download_leaves_no_files(tmp_path: Path) -> None:
    def fetch(item: BucketObject, target: Path) -> None:
        target.write_bytes(b"half")
        raise StorageUnreachable("gone")

    cache = Cache(tmp_path, limit=100)
    with pytest.raises(StorageUnreachable):
        cache.acquire(snapshot("a"), fetch)
    assert not list(tmp_path.rglob("*.bin"))
    assert list((tmp_path / "incoming").iterdir()) == []


def test_of_concurrent_callers_one_downloads(tmp_path: Path) -> None:
    bucket = Bucket()
    acquire = lambda: Cache(tmp_path, limit=100).acquire(snapshot("a"), bucket.fetch)  # noqa: E731
    threads = [threading.Thread(target=acquire) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bucket.fetched) == ["a/0.bin", "a/1.bin"]


@pytest.mark.parametrize("size", ["a lot", "0", "-1", "nan", "inf"])
def test_an_invalid_size_limit_is_an_error(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBENAS_CACHE_GIB", size)
    with pytest.raises(UserError, match=f"KUBENAS_CACHE_GIB: '{size}'"):
        open_cache()


def test_the_environment_configures_folder_and_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path))
    monkeypatch.setenv("KUBENAS_CACHE_GIB", "0.5")
    assert (open_cache().folder, open_cache().limit) == (tmp_path, 1 << 29)
    monkeypatch.delenv("KUBENAS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert open_cache().folder == tmp_path / "xdg" / "kubenas"
