"""What is staged for a search that is yet to come stays; what no search needs any more goes."""

import json
import time
from pathlib import Path

import pytest

from kubenas.config import DataConfig, RetentionConfig
from kubenas.data.dataset.latest import latest_data, note_latest_data
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.errors import DocumentUnusable
from kubenas.retention.garbage import Reason, find_garbage, kept_searches
from kubenas.retention.inventory import Inventory, KnownSearch
from kubenas.retention.programs import Programs, in_use, read_programs
from kubenas.storage import ObjectInfo, Storage, open_storage
from kubenas.storage.directory import DirectoryStorage
from kubenas.training.program.layout import ProgramIndex
from kubenas.training.program.staging_marker import protect_staging

KEEP_ONE = RetentionConfig(searches=1)
SEARCHES = {
    "old": KnownSearch("old", "d-old", 100.0, program="p-old"),
    "new": KnownSearch("new", "d-new", 200.0, program="p-new"),
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


def test_prepared_data_stay_however_long_their_search_waits_in_a_queue() -> None:
    inventory = Inventory(DATA, SEARCHES, prepared="d-next")
    assert gone(inventory) == {"data/d-old/schema.json": Reason.DATA}


def test_the_search_on_the_data_that_were_prepared_last_stays() -> None:
    inventory = Inventory(DATA, SEARCHES, prepared="d-old")
    assert kept_searches(inventory, KEEP_ONE) == {"old", "new"}
    assert gone(inventory) == {"data/d-next/train.tfrecord": Reason.DATA}


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path / "out"))


class Killed(BaseException):
    """The process is gone."""


def test_the_latest_data_are_named_before_they_are_written_and_when_they_are_reused(
    output: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStorage, "upload_tree", die)
        with pytest.raises(Killed):
            prepare_dataset(DataConfig(source="digits"), output)
    named = latest_data(output)
    assert named is not None
    assert not output.exists(f"data/{named}/schema.json")
    assert prepare_dataset(DataConfig(source="digits"), output).schema.digest == named
    note_latest_data(output, "another")
    assert prepare_dataset(DataConfig(source="digits"), output).reused
    assert latest_data(output) == named


def test_the_latest_data_are_those_that_were_prepared_last(output: Storage) -> None:
    assert latest_data(output) is None
    note_latest_data(output, "d1")
    note_latest_data(output, "d2")
    assert latest_data(output) == "d2"
    output.write("data/latest.json", b"{")
    with pytest.raises(DocumentUnusable, match=r"latest\.json: .*delete it"):
        latest_data(output)
    note_latest_data(output, "d2")
    assert latest_data(output) == "d2"


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


def test_programs_and_data_that_only_earlier_searches_used_go(output: Storage) -> None:
    found = gone(inventory_of(staged(output)))
    assert set(found.values()) == {Reason.PROGRAM}
    assert list(found) == [
        "programs/data/s-old.done",
        "programs/p-old/program.json",
        "programs/data/b-old",
        "programs/data/s-old/u/x",
        "programs/p-old/program.pkl",
    ]


def test_while_something_is_at_work_no_program_goes(output: Storage) -> None:
    assert not gone(inventory_of(staged(output), running=True))
    with protect_staging(output):
        assert not gone(inventory_of(output))
    assert gone(inventory_of(output))


def test_the_mark_of_a_killed_call_counts_for_a_day_and_goes(output: Storage) -> None:
    for hours, programs in ((23, False), (25, True)):
        at = json.dumps({"at": time.time() - 3600 * hours})
        staged(output).write("programs/staging/1.json", at.encode())
        assert ("programs/p-old/program.pkl" in gone(inventory_of(output))) is programs
    assert "programs/staging/1.json" in gone(inventory_of(output))


def test_a_search_that_cannot_be_read_keeps_all_programs(output: Storage) -> None:
    inventory = inventory_of(staged(output))
    damaged = {**SEARCHES, "bad": KnownSearch("bad", unreadable="damaged")}
    assert not gone(Inventory(inventory.objects, damaged, programs=inventory.programs))


def test_of_a_program_that_does_not_say_what_it_needs_all_data_stay() -> None:
    programs: Programs = {"p-old": frozenset({"b"}), "p-new": None}
    used = in_use(programs, ["p-new"])
    assert used.holds("data/b")
    assert not used.holds("p-old/program.pkl")


def test_an_index_of_an_older_version_says_nothing_of_datasets(output: Storage) -> None:
    program(output, "p-new", buffers=("b",))
    content = json.loads(output.read("programs/p-new/program.json"))
    del content["datasets"]
    output.write("programs/p-new/program.json", json.dumps(content).encode())
    names = [info.name for info in output.list()]
    assert read_programs(output, names) == {"p-new": None}
