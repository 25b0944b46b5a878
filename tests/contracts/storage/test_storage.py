"""The contract of :class:`kubenas.storage.Storage`, for every store in conftest.py."""

import threading
from pathlib import Path

import pytest

from kubenas.errors import ObjectExists, ObjectNotFound, ObjectTooLarge, StorageError
from kubenas.storage import Storage, open_storage


def test_reads_what_was_written_last(storage: Storage) -> None:
    storage.write("a/b.json", b"one")
    storage.write("a/b.json", b"two")
    assert storage.read("a/b.json") == b"two"


@pytest.mark.parametrize("data", [b"", b"\x00\xff" * 3, bytes(3_000_000)])
def test_content_is_returned_unchanged(storage: Storage, data: bytes) -> None:
    storage.create("content", data)
    assert storage.read("content") == data


def test_a_reader_may_set_a_limit(storage: Storage) -> None:
    storage.write("small", b"x" * 10)
    assert storage.read("small", limit=10) == b"x" * 10
    storage.write("large", b"x" * 3_000_000)
    with pytest.raises(ObjectTooLarge, match="large: larger than the limit of 1,000 bytes"):
        storage.read("large", limit=1_000)


def test_create_does_not_replace_an_object(storage: Storage) -> None:
    storage.create("once", b"first")
    with pytest.raises(ObjectExists, match="once"):
        storage.create("once", b"second")
    assert storage.read("once") == b"first"


def test_of_concurrent_creators_exactly_one_succeeds(storage: Storage) -> None:
    barrier = threading.Barrier(8)
    wins: list[int] = []
    losses: list[int] = []

    def create(number: int) -> None:
        for round_ in range(20):
            barrier.wait()
            try:
                storage.create(f"race/{round_}", str(number).encode())
                wins.append(number)
            except ObjectExists:
                losses.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(wins), len(losses)) == (20, 140)


def test_a_reader_never_sees_a_part_of_an_object(storage: Storage) -> None:
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    storage.write("big", contents[0])
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            for content in contents:
                storage.write("big", content)

    writer = threading.Thread(target=rewrite)
    writer.start()
    seen = {storage.read("big") for _ in range(200)}
    stop.set()
    writer.join()
    assert seen <= set(contents)


def test_missing_objects(storage: Storage) -> None:
    assert not storage.exists("nothing")
    with pytest.raises(ObjectNotFound, match="nothing"):
        storage.read("nothing")
    storage.delete("nothing")


def test_exists_means_an_object_not_a_folder(storage: Storage) -> None:
    storage.write("folder/object", b"")
    assert storage.exists("folder/object")
    assert not storage.exists("folder")


def test_lists_by_prefix_in_order(storage: Storage) -> None:
    for name in ["t/2", "t/10", "t/1/deep", "tt/3", "u"]:
        storage.write(name, b"xy")
    assert [info.name for info in storage.list("t/")] == ["t/1/deep", "t/10", "t/2"]
    assert [info.name for info in storage.list("t")] == ["t/1/deep", "t/10", "t/2", "tt/3"]
    assert [info.name for info in storage.list()] == ["t/1/deep", "t/10", "t/2", "tt/3", "u"]
    assert {info.size for info in storage.list()} == {2}
    assert list(storage.list("none/")) == []


def test_a_list_starts_after_a_name(storage: Storage) -> None:
    for name in ["j/1", "j/2", "j/3", "k/1"]:
        storage.write(name, b"")
    assert [info.name for info in storage.list("j/", after="j/1")] == ["j/2", "j/3"]
    assert [info.name for info in storage.list("j/", after="j/11")] == ["j/2", "j/3"]
    assert [info.name for info in storage.list("j/", after="a")] == ["j/1", "j/2", "j/3"]
    assert list(storage.list("j/", after="j/3")) == []
    assert [info.name for info in storage.list(after="j/3")] == ["k/1"]


def test_delete_removes_one_object(storage: Storage) -> None:
    storage.write("a/1", b"")
    storage.write("a/2", b"")
    storage.delete("a/1")
    assert [info.name for info in storage.list("a/")] == ["a/2"]


def test_a_deleted_name_can_be_created_again(storage: Storage) -> None:
    storage.create("name", b"1")
    storage.delete("name")
    storage.create("name", b"2")
    assert storage.read("name") == b"2"


def test_upload_tree_and_stage_round_trip(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "source"
    files = {"a.bin": b"1" * 1000, "deep/er/b.txt": b"", "deep/c": b"\x00"}
    for name, data in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    storage.upload_tree(source, "model/1")
    staged = storage.stage("model/1")
    found = {
        path.relative_to(staged).as_posix(): path.read_bytes()
        for path in staged.rglob("*")
        if path.is_file()
    }
    assert found == files


def test_an_uploaded_tree_does_not_change_with_its_source(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_bytes(b"good")
    storage.upload_tree(source, "model")
    (source / "weights").unlink()
    (source / "weights").write_bytes(b"other")
    assert storage.read("model/weights") == b"good"


def test_one_object_can_be_staged_under_its_own_name(storage: Storage) -> None:
    storage.write("raw/data.npz", b"numbers")
    storage.write("raw/data.npz.md5", b"other")
    staged = storage.stage("raw/data.npz")
    assert (staged.name, staged.read_bytes()) == ("data.npz", b"numbers")


def test_staging_nothing_is_an_error(storage: Storage) -> None:
    with pytest.raises(ObjectNotFound):
        storage.stage("nowhere")


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/absolute"])
def test_names_stay_below_the_root(storage: Storage, name: str) -> None:
    with pytest.raises(StorageError, match="below"):
        storage.write(name, b"")


def test_the_uri_opens_the_same_store(storage: Storage) -> None:
    storage.write("x/y", b"z")
    assert open_storage(storage.uri).read("x/y") == b"z"
    assert open_storage(f"{storage.uri}/x").read("y") == b"z"
