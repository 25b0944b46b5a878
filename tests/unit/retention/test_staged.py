"""Staged data of future searches is kept; staged data that no search needs is deleted."""

import json
import time
from pathlib import Path

import pytest

from kubenas.config import DataConfig, RetentionConfig
from kubenas.data.dataset.latest import latest_dataset, record_latest_dataset
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.errors import DocumentUnusable
from kubenas.retention.garbage import Reason, find_garbage, kept_searches
from kubenas.retention.inventory import Inventory, SearchInfo
from kubenas.retention.programs import Programs, find_staged_in_use, read_programs
from kubenas.storage import ObjectInfo, Storage, open_storage
from kubenas.storage.directory import DirectoryStorage
from kubenas.training.program.layout import ProgramIndex
from kubenas.training.program.staging_marker import protect_staging

KEEP_ONE = RetentionConfig(searches=1)
SEARCHES = {
    "old": SearchInfo("old", "d-old", 100.0, program="p-old"),
    "new": SearchInfo("new", "d-new", 200.0, program="p-new"),
}


def objects(*names: str) -> tuple[ObjectInfo, ...]:
    return tuple(ObjectInfo(name, 10) for name in names)


def gone(inventory: Inventory) -> dict[str, Reason]:
    return {each.name: each.reason for each in find_garbage(inventory, KEEP_ONE)}


DATA = objects(
    "data/latest.json",
    "data/d-old/schema.json",
    "data/d-new/schema.json",
    "data/d-next/train.tfrecord",
)


def test_prepared_data_is_kept_while_its_search_is_queued() -> None:
    inventory = Inventory(DATA, SEARCHES, prepared="d-next")
    assert gone(inventory) == {"data/d-old/schema.json": Reason.DATA}


def test_search_on_the_latest_data_is_kept() -> None:
    inventory = Inventory(DATA, SEARCHES, prepared="d-old")
    assert kept_searches(inventory, KEEP_ONE) == {"old", "new"}
    assert gone(inventory) == {"data/d-next/train.tfrecord": Reason.DATA}


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path / "out"))


class Killed(BaseException):
    """Simulates the death of the process."""


def test_latest_data_is_recorded_before_it_is_written_or_reused(
    output: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStorage, "upload_tree", die)
        with pytest.raises(Killed):
            prepare_dataset(DataConfig(source="digits"), output)
    named = latest_dataset(output)
    assert named is not None
    assert not output.exists(f"data/{named}/schema.json")
    assert prepare_dataset(DataConfig(source="digits"), output).schema.digest == named
    record_latest_dataset(output, "another")
    assert prepare_dataset(DataConfig(source="digits"), output).reused
    assert latest_dataset(output) == named


def test_the_latest_data_set_is_the_last_prepared(output: Storage) -> None:
    assert latest_dataset(output) is None
    record_latest_dataset(output, "d1")
    record_latest_dataset(output, "d2")
    assert latest_dataset(output) == "d2"
    output.write("data/latest.json", b"{")
    with pytest.raises(DocumentUnusable, match=r"latest\.json: .*delete it"):
        latest_dataset(output)
    record_latest_dataset(output, "d2")
    assert latest_dataset(output) == "d2"


def program(output: Storage, name: str, **content: object) -> None:
    index = ProgramIndex(python="3.12", keras={}, **content)
    output.write(f"programs/{name}/program.json", index.to_json())
    output.write(f"programs/{name}/program.pkl", b"pickle")


def staged(output: Storage) -> Storage:
    program(output, "p-old", buffers=("b-both", "b-old"), datasets=("s-old",))
    program(output, "p-new", buffers=("b-both",), datasets=("s-new",))
    for name in ("b-both", "b-old", "s-old.done", "s-old/u/x", "s-new.done", "s-new/u/x"):
        output.write(f"programs/data/{name}", b"data")
    return output


def inventory_of(output: Storage, **changes: object) -> Inventory:
    found = tuple(output.list())
    programs = read_programs(output, (info.name for info in found))
    return Inventory(found, SEARCHES, programs=programs, **changes)


def test_programs_and_data_of_earlier_searches_are_garbage(output: Storage) -> None:
    found = gone(inventory_of(staged(output)))
    assert set(found.values()) == {Reason.PROGRAM}
    assert list(found) == [
        "programs/data/s-old.done",
        "programs/p-old/program.json",
        "programs/data/b-old",
        "programs/data/s-old/u/x",
        "programs/p-old/program.pkl",
    ]


def test_programs_are_kept_during_a_run(output: Storage) -> None:
    assert not gone(inventory_of(staged(output), running=True))
    with protect_staging(output):
        assert not gone(inventory_of(output))
    assert gone(inventory_of(output))


def test_marker_of_a_killed_call_expires_after_a_day(output: Storage) -> None:
    for hours, programs in ((23, False), (25, True)):
        at = json.dumps({"at": time.time() - 3600 * hours})
        staged(output).write("programs/staging/1.json", at.encode())
        assert ("programs/p-old/program.pkl" in gone(inventory_of(output))) is programs
    assert "programs/staging/1.json" in gone(inventory_of(output))


def test_unreadable_search_keeps_all_programs(output: Storage) -> None:
    inventory = inventory_of(staged(output))
    damaged = {**SEARCHES, "bad": SearchInfo("bad", unreadable="damaged")}
    assert not gone(Inventory(inventory.objects, damaged, programs=inventory.programs))


def test_program_without_a_list_of_data_keeps_all_data() -> None:
    programs: Programs = {"p-old": frozenset({"b"}), "p-new": None}
    used = find_staged_in_use(programs, ["p-new"])
    assert used.contains("data/b")
    assert not used.contains("p-old/program.pkl")


def test_index_of_an_older_version_has_no_datasets(output: Storage) -> None:
    program(output, "p-new", buffers=("b",))
    content = json.loads(output.read("programs/p-new/program.json"))
    del content["datasets"]
    output.write("programs/p-new/program.json", json.dumps(content).encode())
    names = [info.name for info in output.list()]
    assert read_programs(output, names) == {"p-new": None}
