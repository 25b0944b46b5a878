"""``kubenas gc`` on real folders: dry run, deletion, interruption and resumption."""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from filelock import FileLock

from kubenas.cli.main import kubenas
from kubenas.config import Config, RetentionConfig
from kubenas.retention.garbage import find_garbage
from kubenas.retention.inventory import Inventory, read_searches
from kubenas.search.definition import SearchDefinition, define
from kubenas.search.journal.journal import Journal, JournalDamaged
from kubenas.search.journal.records import Closed, Ended, Opened, Proposed, Started
from kubenas.search.layout import definition_file, search_folder
from kubenas.search.run import read_search
from kubenas.serving.champion import ChampionLog
from kubenas.steps.process.outcome import StepOutcome
from kubenas.steps.process.status import Status
from kubenas.steps.setup.config_lock import lock_config
from kubenas.storage import Storage, open_storage
from kubenas.trial import Outcome, SpaceRef
from tests.unit.serving.champions import record as champion

ENTRIES = 5


def config_of(output: str, generation: int) -> Config:
    content: dict[str, Any] = {"name": "n", "output": output, "data": {"source": "digits"}}
    return Config.model_validate(
        {**content, "search": {"generation": generation}, "retention": {"searches": 2}}
    )


def make_search(output: Storage, generation: int) -> SearchDefinition:
    config = config_of(output.uri, generation)
    definition = define(
        config,
        dataset=f"{output.uri}/data/d{generation}",
        dataset_digest=f"d{generation}",
        space=SpaceRef(name="layers"),
    )
    output.create(definition_file(definition.id), definition.to_json())
    folder, at = search_folder(definition.id), 1000.0 * generation
    journal = Journal(output, folder)
    for record in (
        Opened(at=at, controller="c"),
        Proposed(at=at, trial=0, values={"x": 1}, oracle_trial="0"),
        Started(at=at, trial=0, attempt=1),
        Ended(at=at, trial=0, outcome=Outcome.COMPLETED, attempt=1, score=0.5),
        Closed(at=at, reason="budget"),
    ):
        journal.append(record)
    for name in ("spec.json", "result.json", "log.txt", "checkpoint/latest.json"):
        output.write(f"{folder}/trials/00000/a1/{name}", b"{}")
    output.write(f"{folder}/export/a1/saved_model/1/saved_model.pb", b"model")
    for name in ("schema.json", "train.tfrecord"):
        output.write(f"data/d{generation}/{name}", b"data")
    return definition


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    storage = open_storage(str(tmp_path / "out"))
    lock_config(config_of(storage.uri, 1), storage)
    for generation in (1, 2, 3):
        make_search(storage, generation)
    storage.write("pipeline/artifacts/run/executor_output.json", b"{}")
    storage.write("pipeline/pipeline.log", b"log")
    storage.write("report.html", b"page")
    half = tmp_path / "out/searches/.tmp-abc/half"
    half.parent.mkdir()
    half.write_bytes(b"half")
    os.utime(half, (1, 1))
    return storage


def gc(output: Storage, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(kubenas, ["gc", output.uri, "--json", *arguments])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def files(output: Storage) -> set[str]:
    root = Path(output.uri)
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(root).as_posix() for path in paths}


def test_searches_of_the_latest_champions_are_kept(output: Storage) -> None:
    searches = [make_search(output, generation).id for generation in (4, 5, 6, 7, 8)][:3]
    for number, search in enumerate(searches, start=1):
        model = champion(number).model.model_copy(update={"search": search})
        promoted = champion(number).model_copy(update={"model": model})
        ChampionLog(output).append(promoted)
    config = config_of(output.uri, 1)
    retention = config.retention.model_copy(update={"champions": 2})
    output.write("config.json", config.model_copy(update={"retention": retention}).to_json())
    gc(output, "--yes")
    models = [f"{search_folder(each)}/export/a1/saved_model/1/saved_model.pb" for each in searches]
    assert [output.exists(model) for model in models] == [False, True, True]
    assert [output.exists(f"data/d{n}/train.tfrecord") for n in (4, 5, 6)] == [False, True, True]


def say(output: Storage, step: str, state: Any, *, ago: float = 0.0) -> None:
    output.write(f"steps/{step}.json", StepOutcome(step=step, state=state, key="k").to_json())
    skipped = StepOutcome(step="promote", state="skipped", key="k")
    output.write("steps/promote.json", skipped.to_json())
    said = Status(step=step, at=time.time() - ago, search="k")
    output.write("status.json", said.to_json())


def test_dry_run_deletes_nothing(output: Storage) -> None:
    before = files(output)
    told = gc(output)
    assert files(output) == before
    assert told["deleted"] is False
    assert {reason: sums["objects"] for reason, sums in told["reasons"].items()} == {
        "checkpoints of ended trials": 2,
        "earlier searches": 1 + ENTRIES + 4 + 1,
        "data sets that no kept search uses": 2,
        "scratch files of the pipeline": 1,
        "abandoned temporary files": 1,
    }
    lines = CliRunner().invoke(kubenas, ["gc", output.uri]).output.splitlines()
    assert lines[-1] == "nothing was deleted; add --yes to delete"


def test_deletes_what_the_dry_run_listed(output: Storage) -> None:
    before = files(output)
    told = gc(output, "--verbose")
    done = gc(output, "--yes")
    assert done["deleted"] is True
    assert files(output) == before - {each["name"] for each in told["garbage"]}
    assert (done["objects"], done["bytes"]) == (told["objects"], told["bytes"])
    assert gc(output, "--yes")["objects"] == 0
    assert not [
        path for path in Path(output.uri).rglob("*") if path.is_dir() and not any(path.iterdir())
    ]
    for search in done["kept_searches"]:
        assert read_search(output, search).state.closed is not None


def test_options_override_the_config(output: Storage) -> None:
    told = gc(output, "--searches", "3", "--checkpoints", "all")
    assert set(told["reasons"]) == {"scratch files of the pipeline", "abandoned temporary files"}


@pytest.mark.parametrize("locked", [".lock", "searches/{search}/controller.lock"])
def test_locked_output_keeps_searches_and_data(output: Storage, locked: str) -> None:
    search = gc(output)["kept_searches"][0]
    with FileLock(Path(output.uri) / locked.format(search=search)):
        told = gc(output, "--yes")
    assert told["running"] is True
    assert set(told["reasons"]) == {"checkpoints of ended trials"}


@pytest.mark.parametrize(
    ("step", "state", "ago", "running"),
    [
        ("search", "running", 5, True),
        ("search", "done", 5, True),  # the next step is about to start
        ("search", "running", 3600, False),
        ("search", "failed", 5, False),
        ("report", "done", 5, False),
    ],
)
def test_recent_status_counts_as_running(
    output: Storage, step: str, state: str, ago: float, running: bool
) -> None:
    say(output, step, state, ago=ago)
    assert gc(output)["running"] is running


def test_interrupted_deletion_resumes_without_a_misleading_journal(output: Storage) -> None:
    objects = tuple(output.list())
    inventory = Inventory(objects, read_searches(output, objects))
    garbage = find_garbage(inventory, RetentionConfig(searches=2))
    (earlier,) = {each.name.split("/")[1] for each in garbage if each.reason == "earlier searches"}
    whole = Journal(output, search_folder(earlier)).read()
    for each in garbage:
        output.delete(each.name)
        with suppress(JournalDamaged):  # refused, not believed
            assert Journal(output, search_folder(earlier)).read() in (whole, [])
        known = read_searches(output, output.list())
        assert not [search.unreadable for search in known.values() if search.unreadable]
    assert set(gc(output)["reasons"]) == {
        "scratch files of the pipeline",
        "abandoned temporary files",
    }


def test_damaged_search_is_reported_and_kept(output: Storage) -> None:
    search = gc(output)["kept_searches"][0]
    output.write(f"{search_folder(search)}/journal/00000002.json", b"torn")
    told = gc(output, "--yes")
    assert set(told["left_alone"]) == {search}
    assert output.exists(f"{search_folder(search)}/trials/00000/a1/checkpoint/latest.json")


def test_output_without_a_run_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(kubenas, ["gc", str(tmp_path), "--yes"])
    assert done.exit_code == 2
    assert "no run of kubenas found" in done.output
