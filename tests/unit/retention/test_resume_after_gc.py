"""Deletion of garbage at every point at which a search may crash.

The search then resumes as it would have without the deletion.
"""

from pathlib import Path
from typing import Any

import pytest

from kubenas.config import RetentionConfig
from kubenas.retention.garbage import Reason, find_garbage
from kubenas.retention.inventory import Inventory, read_searches
from kubenas.retention.sweep import sweep
from kubenas.search.journal.records import AttemptLost, Ended, Proposed, Started
from kubenas.search.layout import definition_file
from kubenas.storage import open_storage
from tests.unit.search.scenario import Scenario
from tests.unit.search.scripted_runner import Crash, ScriptedRunner

PROPOSALS: list[dict[str, Any]] = [
    {"x": 1, "tuner/epochs": 2},
    {"x": 2, "behave": "progress", "tuner/epochs": 2},
    {"x": 3, "behave": "lost", "tuner/epochs": 2},
    {"x": 1, "tuner/epochs": 6, "tuner/trial_id": "0"},
    {"x": 2, "tuner/epochs": 6, "tuner/trial_id": "1"},
]


@pytest.fixture(autouse=True)
def _attempts_leave_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes attempts write checkpoints, as real ones that Hyperband may resume do."""
    start = ScriptedRunner.start

    def leave(self: ScriptedRunner, spec: Any) -> None:
        start(self, spec)
        values = spec.hyperparameters["values"]
        storage = open_storage(spec.prefix)
        storage.write("checkpoint/state-00001-aa.npz", b"state")
        if "behave" not in values or spec.attempt > 6:
            storage.write("checkpoint/latest.json", b"{}")

    monkeypatch.setattr(ScriptedRunner, "start", leave)


def clean(scenario: Scenario) -> set[Reason]:
    storage = open_storage(str(scenario.root))
    objects = tuple(storage.list())
    inventory = Inventory(objects, read_searches(storage, objects), running=True)
    garbage = find_garbage(inventory, RetentionConfig())
    sweep(storage, garbage)
    return {each.reason for each in garbage}


def story(scenario: Scenario) -> list[tuple[Any, ...]]:
    """Returns the journal without times."""
    kinds = (Proposed, Started, AttemptLost, Ended)
    return [
        (record.kind, record.trial, getattr(record, "attempt", None), getattr(record, "score", 0))
        for record in scenario.records()
        if isinstance(record, kinds)
    ]


def begun(root: Path) -> Scenario:
    scenario = Scenario(root, PROPOSALS)
    storage = open_storage(str(root))
    storage.create(definition_file(scenario.definition.id), scenario.definition.to_json())
    return scenario


def run_with_crash(root: Path, crash_at: int, *, cleaning: bool) -> tuple[Scenario, set[Reason]]:
    scenario, reasons = begun(root), set[Reason]()
    try:
        scenario.run(crash_at=crash_at, capacity=1)
    except Crash:
        if cleaning:
            reasons = clean(scenario)
        scenario.run(capacity=1)
    return scenario, reasons


def resumed(scenario: Scenario) -> list[tuple[int, int, str | None]]:
    return [
        (spec.trial, spec.attempt, (spec.resume_from or "").removeprefix(str(scenario.root)))
        for spec in scenario.specs
    ]


def test_search_resumes_as_without_deletion(tmp_path: Path) -> None:
    whole = begun(tmp_path / "whole")
    whole.run(capacity=1)
    assert any("trials/00000" in (uri or "") for trial, _, uri in resumed(whole) if trial == 3)
    seen = set[Reason]()
    for crash_at in range(1, whole.fuse.passed + 1, 13):
        plain, _ = run_with_crash(tmp_path / f"plain{crash_at}", crash_at, cleaning=False)
        cleaned, reasons = run_with_crash(tmp_path / f"clean{crash_at}", crash_at, cleaning=True)
        assert story(cleaned) == story(plain), crash_at
        assert resumed(cleaned) == resumed(plain), crash_at
        seen |= reasons
    assert seen == {Reason.ENDED, Reason.SUPERSEDED}


def test_closed_search_keeps_lineage_but_no_checkpoints(tmp_path: Path) -> None:
    scenario = begun(tmp_path)
    scenario.run(capacity=1)
    before = {info.name for info in open_storage(str(tmp_path)).list()}
    clean(scenario)
    left = {info.name for info in open_storage(str(tmp_path)).list()}
    assert {name for name in before - left if "/checkpoint/" not in name} == set()
    assert not [name for name in left if "/checkpoint/" in name]
    assert not clean(scenario)
