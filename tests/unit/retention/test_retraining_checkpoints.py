"""Garbage collection between the search and the end of its retraining, on real folders.

The trials are scripted and the retrainings are not run; their plan is that of the step.
"""

from pathlib import Path
from typing import Any

import pytest

from kubenas.config import RetentionConfig
from kubenas.retention.garbage import find_garbage
from kubenas.retention.inventory import Inventory, read_searches
from kubenas.retention.sweep import sweep
from kubenas.search.layout import definition_file, search_folder
from kubenas.search.run import read_search
from kubenas.steps.retrain import (
    Choice,
    Retraining,
    choice_file,
    make_retraining_plan,
    plan_file,
    retraining_specs,
)
from kubenas.steps.setup.context import RunContext
from kubenas.storage import Storage, open_storage
from kubenas.trial import AttemptSpec, Outcome, Result, Task
from tests.unit.search.scenario import Scenario
from tests.unit.search.scripted_runner import ScriptedRunner

PROPOSALS: list[dict[str, Any]] = [
    {"x": 1, "tuner/epochs": 2},
    {"x": 2, "tuner/epochs": 2},
    {"x": 3, "tuner/epochs": 2},
    {"x": 1, "tuner/epochs": 6, "tuner/trial_id": "0"},
    {"x": 2, "tuner/epochs": 6, "tuner/trial_id": "1"},
]
SECTIONS = {
    "training": {"epochs": 6},
    "retrain": {"candidates": 1, "seeds": 1, "max_seconds": 100},
}


@pytest.fixture(autouse=True)
def _attempts_leave_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    start = ScriptedRunner.start

    def leave(self: ScriptedRunner, spec: AttemptSpec) -> None:
        start(self, spec)
        for name in ("state-00001-aa.npz", "latest.json"):
            open_storage(spec.prefix).write(f"checkpoint/{name}", b"{}")

    monkeypatch.setattr(ScriptedRunner, "start", leave)


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return searched(tmp_path, oracle="hyperband")


def searched(root: Path, **search: Any) -> Scenario:
    scenario = Scenario(root, PROPOSALS, sections=SECTIONS, **search)
    open_storage(str(root)).create(
        definition_file(scenario.definition.id), scenario.definition.to_json()
    )
    scenario.run(capacity=1)
    return scenario


def output_of(scenario: Scenario) -> Storage:
    return open_storage(str(scenario.root))


def checkpoints_after_gc(scenario: Scenario, **retention: Any) -> set[int]:
    """Returns the trials that still have a checkpoint."""
    output = output_of(scenario)
    objects = tuple(output.list())
    inventory = Inventory(objects, read_searches(output, objects))
    sweep(output, find_garbage(inventory, RetentionConfig(**retention)))
    names = [info.name for info in output.list() if info.name.endswith("/checkpoint/latest.json")]
    return {int(name.split("/")[3]) for name in names}


def plan(scenario: Scenario) -> list[AttemptSpec]:
    """Plans the retrainings as the step does."""
    context = RunContext(
        config=scenario.config,
        dataset="nowhere",
        dataset_digest="d",
        space=scenario.definition.space,
    )
    run = read_search(output_of(scenario), scenario.definition.id)
    space: dict[str, Any] = {"space": [], "values": {}}
    planned = make_retraining_plan(context, run, space)
    return list(retraining_specs(context, run, space, plan=planned))


def choose(scenario: Scenario) -> None:
    folder = f"{search_folder(scenario.definition.id)}/retrain/t00004-s1/a1"
    result = Result(task=Task.TRAIN, trial=4, attempt=1, outcome=Outcome.COMPLETED, score=1.0)
    one = Retraining(trial=4, seed=1, prefix=f"{output_of(scenario).uri}/{folder}", result=result)
    name = choice_file(scenario.definition.id)
    output_of(scenario).write(name, Choice(retrained=(one,), chosen=one).to_json())


def test_a_planned_retraining_finds_its_checkpoint(scenario: Scenario) -> None:
    assert checkpoints_after_gc(scenario) == {2, 3, 4}  # 0 and 1 were continued
    (spec,) = plan(scenario)
    assert spec.resume_from is not None
    assert "/trials/00004/a1/" in spec.resume_from
    assert checkpoints_after_gc(scenario) == {4}
    assert open_storage(spec.resume_from).exists("latest.json")
    choose(scenario)
    assert checkpoints_after_gc(scenario) == set()


def test_a_plan_of_another_version_keeps_its_checkpoints(scenario: Scenario) -> None:
    newer = b'{"version": 9, "from": "gs://b/searches/%s/trials/00003/a1/checkpoint"}'
    output_of(scenario).write(
        plan_file(scenario.definition.id), newer % scenario.definition.id.encode()
    )
    assert checkpoints_after_gc(scenario) == {3}


def test_a_search_without_rungs_keeps_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoints_after_gc(searched(tmp_path)) == set()
