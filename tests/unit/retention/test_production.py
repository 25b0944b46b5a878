"""What is in production stays, whatever else says that it may go."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kubenas.config import RetentionConfig
from kubenas.retention.disposition import Fate
from kubenas.retention.garbage import Garbage, Reason, find_garbage, kept_searches
from kubenas.retention.inventory import Inventory, KnownSearch, know_searches
from kubenas.retention.production import attempts_named, champions, served_attempts
from kubenas.search.layout import search_folder
from kubenas.steps.export import exported_model
from kubenas.steps.model_task import finished_prefix
from kubenas.steps.setup.context import RunContext
from kubenas.storage import ObjectInfo, Storage, open_storage
from kubenas.trial import AttemptRef, Task
from tests.unit.search.scenario import write_result
from tests.unit.serving.champions import record
from tests.unit.steps.finished_runs import correct_examples, finished_run

MODEL = "saved_model/1/saved_model.pb"


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    return finished_run(str(tmp_path / "out"), 1, correct_examples(1000))


def export_again(run: RunContext, attempt: int) -> None:
    """Another attempt at the export has left a model as well."""
    folder = Path(run.output.uri, search_folder(run.search_id), "export", f"a{attempt}")
    write_result(folder, AttemptRef(trial=0, attempt=attempt), task=Task.EXPORT)
    (folder / "spec.json").write_text("{}")
    (folder / MODEL).parent.mkdir(parents=True)
    (folder / MODEL).write_text("another model")


def of_an_older_version(run: RunContext) -> None:
    """Makes it a search whose attempts have no records of the controller's."""
    folder = search_folder(run.search_id)
    for info in list(run.output.list(f"{folder}/attempts/")):
        run.output.delete(info.name)
    definition = json.loads(run.output.read(f"{folder}/search.json"))
    definition["attempts_recorded"] = False
    run.output.write(f"{folder}/search.json", json.dumps(definition).encode())


def garbage(output: Storage, **changes: object) -> list[Garbage]:
    objects = tuple(output.list())
    inventory = Inventory(objects, know_searches(output, objects))
    return find_garbage(replace(inventory, **changes), RetentionConfig())


def names(found: list[Garbage]) -> list[str]:
    return [each.name for each in found]


@pytest.mark.parametrize("older", [False, True])
def test_the_model_that_is_promoted_is_the_one_that_stays(run: RunContext, older: bool) -> None:
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


def test_a_champion_that_an_older_version_promoted_stays(run: RunContext) -> None:
    export_again(run, 2)
    of_an_older_version(run)
    named = record(1, f"gs://elsewhere/{search_folder(run.search_id)}/export/a1")
    gone = garbage(run.output, champions=champions([named]))
    assert not [name for name in names(gone) if "/export/" in name]


def test_a_champion_stays_when_its_search_is_half_deleted() -> None:
    folder = "searches/abc/export/a1"
    files = [f"{folder}/{MODEL}", "searches/abc/export/a2/x", "data/" + "d" * 64 + "/x.rec"]
    others = ["searches/new/search.json", "data/e/x.rec"]
    inventory = Inventory(
        tuple(ObjectInfo(name, 1) for name in (*files, *others)),
        {"abc": KnownSearch("abc", remains=True), "new": KnownSearch("new", "d-new", 9.0)},
        champions=champions([record()]),
    )
    gone = find_garbage(inventory, RetentionConfig())
    assert names(gone) == ["data/e/x.rec", "searches/abc/export/a2/x"]


def test_of_the_attempts_that_a_choice_was_made_from_the_models_stay() -> None:
    folder = "searches/s/retrain/t0-s1"
    fates = {"retrain/t0-s1": Fate(over=True, lost=frozenset({1}))}
    known = KnownSearch("s", "d", fates=fates, chosen=frozenset({f"{folder}/a1"}))
    files = (f"{folder}/a1/model.weights.h5", f"{folder}/a1/checkpoint/latest.json")
    inventory = Inventory(tuple(ObjectInfo(name, 1) for name in files), {"s": known})
    assert [(each.name, each.reason) for each in find_garbage(inventory, RetentionConfig())] == [
        (files[1], Reason.ENDED)
    ]


def test_the_choice_of_a_search_is_read_from_it(run: RunContext) -> None:
    known = know_searches(run.output, run.output.list())[run.search_id]
    assert known.chosen == {f"{search_folder(run.search_id)}/retrain/t0-s1/a1"}


def test_what_a_service_is_told_to_serve_stays_and_what_it_may_go_back_to(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path))
    before = {"spec": {"storageUri": "s3://b/o/searches/old/export/a1/saved_model"}}
    intent = {"model": "minio://b/o/searches/mid/export/a3/saved_model", "before": before}
    output.write("serving/ns/digits.json", json.dumps(intent).encode())
    searches = {name: KnownSearch(name, f"d-{name}", at) for at, name in enumerate(("old", "mid"))}
    served = served_attempts(output, ["serving/ns/digits.json", "serving/ns/over.json"])
    assert served == {"searches/old/export/a1", "searches/mid/export/a3"}
    searches["new"] = KnownSearch("new", "d-new", 9.0)
    kept = kept_searches(Inventory((), searches, served=served), RetentionConfig(searches=1))
    assert kept == {"old", "mid", "new"}


def test_a_folder_is_known_wherever_the_output_lies() -> None:
    document = b'{"x": "gs://b/searches/x/a1/searches/s-1/export/a12/saved_model", "y": "/a1/"}'
    assert attempts_named(document) == {"searches/s-1/export/a12"}


def test_an_undecided_task_loses_nothing(run: RunContext) -> None:
    export_again(run, 2)
    run.output.delete(f"{search_folder(run.search_id)}/attempts/export/decided.json")
    assert finished_prefix(run.output, run.search_id, "export") is None
    assert not [name for name in names(garbage(run.output)) if "/export/" in name]


@pytest.mark.parametrize("name", ["retrain.json", "attempts/export/decided.json", "search.json"])
def test_a_search_with_an_unreadable_file_is_left_alone(run: RunContext, name: str) -> None:
    path = Path(run.output.uri, search_folder(run.search_id), name)
    path.unlink()
    path.symlink_to("/dev/zero")
    known = know_searches(run.output, run.output.list())[run.search_id]
    assert name in known.unreadable
    assert names(garbage(run.output)) == []
