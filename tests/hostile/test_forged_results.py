"""Tests of a trial that forges files anywhere in a local output.

A local folder has no access control between trials and controller, so a trial can delete files. The
tests check that forged results are rejected, and that no forged file stops the search, its report,
its status or its clean-up.
"""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubenas.search.attempts.batch import run_attempts
from kubenas.search.attempts.binding import Binding
from kubenas.search.attempts.outputs import epochs_so_far, read_result
from kubenas.search.attempts.records import AttemptRecords
from kubenas.search.journal.records import AttemptLost
from kubenas.storage import open_storage
from kubenas.trial import AttemptSpec, FailureClass, Outcome, Result, SpaceRef, Task
from tests.unit.search.scenario import Scenario
from tests.unit.search.scripted_runner import Fuse, ScriptedRunner, result_of

MADE_UP = {"version": 1, "outcome": "completed", "score": 1.0, "metrics": {"accuracy": 1.0}}


class ForgingRunner(ScriptedRunner):
    """A runner whose trials write the forgery named by the proposal's ``forge`` value."""

    def _act(self, spec: AttemptSpec) -> FailureClass | None:
        values = spec.hyperparameters["values"] if spec.hyperparameters else {}
        if "forge" not in values:
            return super()._act(spec)
        sound = json.loads(result_of(spec, values, "complete").to_json())
        FORGERIES[values["forge"]](Path(spec.prefix), sound)
        return None


def _with(**changes: Any) -> Callable[[Path, dict[str, Any]], object]:
    def forge(folder: Path, sound: dict[str, Any]) -> None:
        (folder / "result.json").write_text(json.dumps({**sound, **changes}))

    return forge


def _huge(folder: Path, _sound: dict[str, Any]) -> None:
    with (folder / "result.json").open("wb") as file:
        file.truncate(3 << 30)  # sparse: it takes no space


def _text(text: str) -> Callable[[Path, dict[str, Any]], object]:
    return lambda folder, _sound: (folder / "result.json").write_text(text)


FORGERIES: dict[str, Callable[[Path, dict[str, Any]], object]] = {
    "another nonce": _with(nonce="0" * 32),
    "no nonce": _with(nonce=None),
    "another trial": _with(trial=7),
    "another attempt": _with(attempt=9),
    "another task": _with(task="evaluate"),
    "a newer version": _with(version=2),
    "a field of a newer version": _with(confidence=0.5),
    "parameters beyond all numbers": _with(parameters=10**30),
    "fewer than no parameters": _with(parameters=-1),
    "no time at all": _with(latency_ms=math.inf),
    "the runner's word": _with(outcome="failed", failure="disruption"),
    "an endless number": _with(declared={"values": {"x": 10**40}}),
    "not JSON": _text("{"),
    "not an object": _text("[]"),
    "nested": _text("[" * 60_000),
    "lone surrogate": _text('{"message": "\\ud800"}'),
    "3 GiB": _huge,
    "a folder": lambda folder, _sound: (folder / "result.json").mkdir(),
    "a pipe": lambda folder, _sound: os.mkfifo(folder / "result.json"),
    "a loop": lambda folder, _sound: (folder / "result.json").symlink_to("result.json"),
    "endless zeros": lambda folder, _sound: (folder / "result.json").symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_result_fails_its_attempt_with_a_reason_and_the_search_goes_on(
    tmp_path: Path, forgery: str
) -> None:
    scenario = Scenario(tmp_path, [{"x": 0.5}, {"forge": forgery}, {"x": 0.7}])
    state = scenario.run(runner=ForgingRunner)
    assert state.closed is not None
    outcomes = [trial.end.outcome for trial in state.trials.values() if trial.end]
    assert outcomes == [Outcome.COMPLETED, Outcome.FAILED, Outcome.COMPLETED]
    lost = [record for record in scenario.records() if isinstance(record, AttemptLost)]
    assert {record.failure for record in lost} == {FailureClass.APPLICATION}
    assert all("result.json: " in record.message for record in lost)


def test_seconds_are_never_more_than_the_controller_has_seen(tmp_path: Path) -> None:
    FORGERIES["endless"] = _with(seconds="Infinity")
    try:
        scenario = Scenario(tmp_path, [{"forge": "endless"}])
        state = scenario.run(runner=ForgingRunner)
    finally:
        del FORGERIES["endless"]
    end = state.trials[0].end
    assert end is not None
    assert end.outcome == Outcome.COMPLETED
    assert end.seconds <= end.held_seconds < 60


def test_a_message_cannot_steer_a_terminal(tmp_path: Path) -> None:
    FORGERIES["escape"] = _with(outcome="infeasible", message="\x1b[2Jgone\nError: all is lost")
    try:
        scenario = Scenario(tmp_path, [{"forge": "escape"}])
        state = scenario.run(runner=ForgingRunner)
    finally:
        del FORGERIES["escape"]
    end = state.trials[0].end
    assert end is not None
    assert end.message.isprintable()


def _task(root: Path, task: Task, folder: str) -> AttemptSpec:
    return AttemptSpec(
        task=task,
        search="s",
        trial=0,
        attempt=1,
        prefix=f"{root}/searches/s/{folder}/a1",
        space=SpaceRef(name="any"),
        dataset="nowhere",
    )


def _records(root: Path, *, complete: bool = True) -> AttemptRecords:
    return AttemptRecords(open_storage(str(root)), "s", complete=complete)


def _make_up(root: Path, spec: AttemptSpec) -> None:
    made_up = {**MADE_UP, "task": spec.task, "trial": spec.trial, "attempt": spec.attempt}
    storage = open_storage(spec.prefix)
    storage.write("spec.json", spec.to_json())
    storage.write("result.json", json.dumps(made_up).encode())


@pytest.mark.parametrize(
    ("task", "folder"),
    [
        (Task.EVALUATE, "evaluate"),
        (Task.EVALUATE, "champion/00001"),
        (Task.TRAIN, "retrain/t00000-s1"),
        (Task.DESCRIBE, "describe"),
    ],
)
def test_a_result_made_up_before_the_step_is_not_taken_for_its_work(
    tmp_path: Path, task: Task, folder: str
) -> None:
    spec = _task(tmp_path, task, folder)
    _make_up(tmp_path, spec)
    records = _records(tmp_path)
    assert records.attempts(folder) == [], "none was started"
    assert records.result(folder, spec.ref, task) is None
    assert records.finished(folder) is None
    trained: list[Any] = []
    (result,) = run_attempts([spec], ScriptedRunner(trained, Fuse()), records=_records(tmp_path))
    assert [ref.attempt for ref in trained] == [2], "in a folder that nobody had written to"
    assert result.score == 0.0
    assert _records(tmp_path).finished(folder) == 2


def test_a_checkpoint_that_was_made_up_is_not_resumed_from(tmp_path: Path) -> None:
    spec = _task(tmp_path, Task.TRAIN, "retrain/t00000-s1")
    spec = spec.model_copy(
        update={"hyperparameters": {"space": [], "values": {"x": 1, "behave": "lost"}}}
    )
    open_storage(spec.prefix).write("checkpoint/latest.json", b"{}")
    runner = ScriptedRunner([], Fuse())
    run_attempts([spec], runner, records=_records(tmp_path))
    assert len(runner.specs) > 1
    assert {each.resume_from for each in runner.specs} == {None}


def test_a_result_that_is_replaced_afterwards_changes_nothing(tmp_path: Path) -> None:
    spec = _task(tmp_path, Task.EVALUATE, "evaluate")
    runner = ScriptedRunner([], Fuse())
    first = run_attempts([spec], runner, records=_records(tmp_path))
    _make_up(tmp_path, spec)
    assert run_attempts([spec], ScriptedRunner([], Fuse()), records=_records(tmp_path)) == first


def test_results_of_older_versions_are_accepted(tmp_path: Path) -> None:
    spec = _task(tmp_path, Task.EXPORT, "export")
    _make_up(tmp_path, spec)
    older = _records(tmp_path, complete=False)
    assert older.finished("export") == 1
    trained: list[Any] = []
    (result,) = run_attempts([spec], ScriptedRunner(trained, Fuse()), records=older)
    assert (result.score, trained) == (1.0, [])


def test_a_result_of_an_attempt_without_a_nonce_is_read(tmp_path: Path) -> None:
    spec = _task(tmp_path, Task.TRAIN, "trials/00000")
    _make_up(tmp_path, spec)
    binding = Binding(spec.ref, spec.task, None)
    result = read_result(open_storage(spec.prefix), ".", binding, max_seconds=5.0)
    assert isinstance(result, Result)


def test_an_endless_history_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1/history.jsonl").symlink_to("/dev/zero")
    assert epochs_so_far(open_storage(str(tmp_path)), "a1") is None
