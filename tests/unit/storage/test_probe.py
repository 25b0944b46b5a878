"""The check that a store supports create-if-absent."""

from collections import Counter
from pathlib import Path

import pytest

from kubenas.errors import StorageDenied, StorageError
from kubenas.storage.directory import DirectoryStorage
from kubenas.storage.probe import probe_storage


class CountedStorage(DirectoryStorage):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.requests: Counter[str] = Counter()

    def create(self, name: str, data: bytes) -> None:
        self.requests["create"] += 1
        super().create(name, data)

    def delete(self, name: str) -> None:
        self.requests["delete"] += 1
        super().delete(name)


class OverwritingStorage(DirectoryStorage):
    """Behaves like a server without conditional writes."""

    def create(self, name: str, data: bytes) -> None:
        self.write(name, data)


class ReadOnlyStorage(DirectoryStorage):
    def create(self, name: str, data: bytes) -> None:
        raise StorageDenied(f"{self.uri}/{name}: no permission for {len(data)} bytes")


def test_a_valid_store_is_unchanged_after_few_requests(tmp_path: Path) -> None:
    storage = CountedStorage(tmp_path)
    probe_storage(storage)
    probe_storage(storage)
    assert list(storage.list()) == []
    assert storage.requests == {"create": 4, "delete": 2}


def test_a_store_that_overwrites_is_an_error(tmp_path: Path) -> None:
    storage = OverwritingStorage(tmp_path)
    with pytest.raises(StorageError, match="If-None-Match") as caught:
        probe_storage(storage)
    assert str(caught.value).startswith(str(tmp_path))
    assert list(storage.list()) == []


def test_a_store_that_is_not_writable_raises_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(StorageDenied):
        probe_storage(ReadOnlyStorage(tmp_path))
