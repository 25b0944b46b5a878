"""Models in production are kept, whatever other rules say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kubenas.config import RetentionConfig
from kubenas.retention.disposition import Disposition
from kubenas.retention.garbage import Garbage, Reason, find_garbage, kept_searches
from kubenas.retention.inventory import Inventory, SearchInfo, read_searches
from kubenas.retention.production import find_attempt_folders, production_models, served_attempts
from kubenas.search.layout import search_folder
from kubenas.steps.export import exported_model
from kubenas.steps.model_task import finished_prefix
from kubenas.steps.setup.context import RunContext
from kubenas.storage import ObjectInfo, Storage, open_storage
from kubenas.trial import AttemptRef, Task
from tests.unit.search.scripted_runner import write_result
from tests.unit.serving.champions import record
from tests.unit.steps.finished_runs import correct_examples, finished_run

MODEL = "saved_model/1/saved_model.pb"


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    return finished_run(str(tmp_path / "out"), 1, correct_examples(1000))


def export_again(run: RunContext, attempt: int) -> None:
    """Adds another attempt at the export with a model."""
    folder = Path(run.output.uri, search_folder(run.search_id), "export", f"a{attempt}")
    write_result(folder, AttemptRef(trial=0, attempt=attempt), task=Task.EXPORT)
    (folder / "spec.json").write_text("{}")
    (folder / MODEL).parent.mkdir(parents=True)
    (folder / MODEL).write_text("another model")


def of_an_older_version(run: RunContext) -> None:
    """Removes the controller's records of attempts, which older versions did not write."""
    folder = search_folder(run.search_id)
    for info in list(run.output.list(f"{folder}/attempts/")):
        run.output.delete(info.name)
    definition = json.loads(run.output.read(f"{folder}/search.json"))
    definition["attempts_recorded"] = False
    run.output.write(f"{folder}/search.json", json.dumps(definition).encode())


def garbage(output: Storage, **changes: object) -> list[Garbage]:
    objects = tuple(output.list())
    inventory = Inventory(objects, read_searches(output, objects))
    return find_garbage(replace(inventory, **changes), RetentionConfig())


def names(found: list[Garbage]) -> list[str]:
    return [each.name for each in found]


@pytest.mark.parametrize("older", [False, True])
def test_promoted_model_is_kept(run: RunContext, older: bool) -> None:
    export_again(run, 2)
    if older:
        of_an_older_version(run)
    promoted = exported_model(run.output, run.search_id)
    assert promoted is not None
    kept = promoted.removeprefix(f"{run.output.uri}/")
    assert kept.endswith("/export/a2/saved_model" if older else "/export/a1/saved_model")
    gone = names(garbage(run.output))
    assert not [name for name in gone if name.startswith(kept)]
    folder = f"{search_folder(run.search_id)}/export"
    others = (
        [f"{folder}/a1/model.keras", f"{folder}/a1/{MODEL}"] if older else [f"{folder}/a2/{MODEL}"]
    )
    assert [name for name in gone if "/export/" in name] == others


def test_champion_of_an_older_version_is_kept(run: RunContext) -> None:
    export_again(run, 2)
    of_an_older_version(run)
    named = record(1, f"gs://elsewhere/{search_folder(run.search_id)}/export/a1")
    gone = garbage(run.output, champions=production_models([named]))
    assert not [name for name in names(gone) if "/export/" in name]


def test_champion_of_a_partly_deleted_search_is_kept() -> None:
    folder = "searches/abc/export/a1"
    files = [f"{folder}/{MODEL}", "searches/abc/export/a2/x", "data/" + "d" * 64 + "/x.rec"]
    others = ["searches/new/search.json", "data/e/x.rec"]
    inventory = Inventory(
        tuple(ObjectInfo(name, 1) for name in (*files, *others)),
        {"abc": SearchInfo("abc", partly_deleted=True), "new": SearchInfo("new", "d-new", 9.0)},
        champions=production_models([record()]),
    )
    gone = find_garbage(inventory, RetentionConfig())
    assert names(gone) == ["data/e/x.rec", "searches/abc/export/a2/x"]


def test_models_of_selection_candidates_are_kept() -> None:
    folder = "searches/s/retrain/t0-s1"
    dispositions = {"retrain/t0-s1": Disposition(over=True, lost=frozenset({1}))}
    known = SearchInfo(
        "s", "d", dispositions=dispositions, selection_candidates=frozenset({f"{folder}/a1"})
    )
    files = (f"{folder}/a1/model.weights.h5", f"{folder}/a1/checkpoint/latest.json")
    inventory = Inventory(tuple(ObjectInfo(name, 1) for name in files), {"s": known})
    assert [(each.name, each.reason) for each in find_garbage(inventory, RetentionConfig())] == [
        (files[1], Reason.ENDED)
    ]


def test_selection_candidates_are_read_from_the_search(run: RunContext) -> None:
    known = read_searches(run.output, run.output.list())[run.search_id]
    assert known.selection_candidates == {f"{search_folder(run.search_id)}/retrain/t0-s1/a1"}


def test_served_and_rollback_models_are_kept(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path))
    before = {"spec": {"storageUri": "s3://b/o/searches/old/export/a1/saved_model"}}
    intent = {"model": "minio://b/o/searches/mid/export/a3/saved_model", "before": before}
    output.write("serving/ns/digits.json", json.dumps(intent).encode())
    searches = {name: SearchInfo(name, f"d-{name}", at) for at, name in enumerate(("old", "mid"))}
    served = served_attempts(output, ["serving/ns/digits.json", "serving/ns/over.json"])
    assert served == {"searches/old/export/a1", "searches/mid/export/a3"}
    searches["new"] = SearchInfo("new", "d-new", 9.0)
    kept = kept_searches(Inventory((), searches, served=served), RetentionConfig(searches=1))
    assert kept == {"old", "mid", "new"}


def test_attempt_folder_is_found_at_any_output_location() -> None:
    document = b'{"x": "gs://b/searches/x/a1/searches/s-1/export/a12/saved_model", "y": "/a1/"}'
    assert find_attempt_folders(document) == {"searches/s-1/export/a12"}


def test_undecided_task_has_no_lost_attempts(run: RunContext) -> None:
    export_again(run, 2)
    run.output.delete(f"{search_folder(run.search_id)}/attempts/export/decided.json")
    assert finished_prefix(run.output, run.search_id, "export") is None
    assert not [name for name in names(garbage(run.output)) if "/export/" in name]


@pytest.mark.parametrize("name", ["retrain.json", "attempts/export/decided.json", "search.json"])
def test_search_with_an_unreadable_file_is_kept(run: RunContext, name: str) -> None:
    path = Path(run.output.uri, search_folder(run.search_id), name)
    path.unlink()
    path.symlink_to("/dev/zero")
    known = read_searches(run.output, run.output.list())[run.search_id]
    assert name in known.unreadable
    assert names(garbage(run.output)) == []
