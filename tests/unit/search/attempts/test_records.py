"""Attempt records: a task has one final result, which late results do not change."""

from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.search.attempts.records import AttemptRecords
from kubenas.storage import open_storage
from kubenas.trial import AttemptRef, AttemptSpec, FailureClass, Outcome, Result, Task
from tests.unit.search.attempts.test_batch import run_attempts, specs_in
from tests.unit.search.scripted_runner import Fuse, ScriptedRunner, result_of, write_result

NONCE = "secret"


def records_in(root: Path, *, complete: bool = True) -> AttemptRecords:
    return AttemptRecords(open_storage(str(root)), "s", complete=complete)


def start(root: Path, attempt: int, behave: str = "complete") -> AttemptSpec:
    """Records the start of an attempt."""
    (spec,) = specs_in(root, behave)
    prefix = spec.prefix.removesuffix("a1") + f"a{attempt}"
    spec = spec.model_copy(update={"attempt": attempt, "prefix": prefix, "nonce": NONCE})
    records_in(root).start("c0", spec)
    return spec


def leave(spec: AttemptSpec, **changes: object) -> Result:
    """Writes the result of an attempt."""
    result = result_of(spec, {}, "complete").model_copy(update=changes)
    open_storage(spec.prefix).write("result.json", result.to_json())
    return result


def run(root: Path, *behaviours: str, found: tuple[AttemptRef, ...] = ()) -> Result:
    (result,) = run_attempts(specs_in(root, *behaviours), ScriptedRunner([], Fuse(), found=found))
    return result


def test_a_late_result_of_a_lost_attempt_changes_nothing(tmp_path: Path) -> None:
    (spec,) = specs_in(tmp_path, "lost-once")
    runner = ScriptedRunner([], Fuse())
    assert run_attempts([spec], runner)[0].attempt == 2
    leave(runner.specs[0])
    assert records_in(tmp_path).finished("c0") == 2
    assert run(tmp_path, "lost-once").attempt == 2


def test_a_late_result_counts_if_there_is_no_final_result_yet(tmp_path: Path) -> None:
    leave(start(tmp_path, 1))
    second = start(tmp_path, 2)
    runner = ScriptedRunner([], Fuse(), found=[second.ref])
    (result,) = run_attempts(specs_in(tmp_path, "complete"), runner)
    assert result.attempt == 1
    assert runner.stopped == {second.ref}
    leave(second)
    assert records_in(tmp_path).finished("c0") == 1
    assert run(tmp_path, "complete").attempt == 1


class LateRunner(ScriptedRunner):
    """The first attempt's result arrives with the loss of the second."""

    def _act(self, spec):
        if spec.attempt == 2:
            leave(self.specs[0])
            return FailureClass.NODE_LOSS
        return super()._act(spec)


def test_no_attempt_starts_after_a_late_final_result(tmp_path: Path) -> None:
    runner = LateRunner([], Fuse())
    (result,) = run_attempts(specs_in(tmp_path, "lost"), runner)
    assert (result.attempt, result.outcome) == (1, Outcome.COMPLETED)
    assert [spec.attempt for spec in runner.specs] == [1, 2]


def test_of_two_late_results_the_last_one_counts(tmp_path: Path) -> None:
    for attempt in (1, 2):
        leave(start(tmp_path, attempt))
    assert run(tmp_path, "complete").attempt == 2


def test_a_result_without_the_nonce_is_not_final(tmp_path: Path) -> None:
    first = start(tmp_path, 1)
    leave(first)
    leave(start(tmp_path, 2), nonce="made up")
    assert run(tmp_path, "complete").attempt == 1


def test_a_file_in_the_folder_of_a_task_is_no_final_result(tmp_path: Path) -> None:
    leave(start(tmp_path, 1))
    (tmp_path / "searches/s/c0/decided.json").write_text('{"attempt": 1}')
    assert records_in(tmp_path).decided("c0") is None, "the attempt's output was not checked"


def test_the_result_that_another_process_recorded_first_counts(tmp_path: Path) -> None:
    records = records_in(tmp_path)
    results = [leave(start(tmp_path, attempt)) for attempt in (1, 2)]
    assert [records.decide("c0", result).attempt for result in results] == [1, 1]
    assert records.finished("c0") == 1


def test_a_task_without_a_final_result_is_not_finished(tmp_path: Path) -> None:
    assert records_in(tmp_path).decided("c0") is None
    assert run(tmp_path, "bug").outcome == Outcome.FAILED
    assert records_in(tmp_path).decided("c0") is None


def test_a_damaged_record_is_rejected_with_a_message(tmp_path: Path) -> None:
    run(tmp_path, "complete")
    (tmp_path / "searches/s/attempts/c0/decided.json").write_text("{")
    with pytest.raises(UserError, match=r"c0/decided\.json: .*delete it"):
        records_in(tmp_path).finished("c0")
    with pytest.raises(UserError, match=r"c0/decided\.json: .*delete it"):
        run(tmp_path, "complete")


def test_a_changed_output_is_produced_again(tmp_path: Path) -> None:
    (spec,) = specs_in(tmp_path, "complete")
    spec = spec.model_copy(update={"task": Task.EXPORT})

    class Exporting(ScriptedRunner):
        def _act(self, spec):
            open_storage(spec.prefix).write("saved_model/1/saved_model.pb", b"a model")
            return super()._act(spec)

    def export() -> int:
        return run_attempts([spec], Exporting([], Fuse()))[0].attempt

    assert [export(), export()] == [1, 1]
    for attempt in (1, 2):
        model = tmp_path / f"searches/s/c0/a{attempt}/saved_model/1/saved_model.pb"
        model.write_bytes(b"another")
        assert [export(), export()] == [attempt + 1] * 2
    assert records_in(tmp_path).finished("c0") == 3


def test_a_result_for_another_candidate_is_produced_again(tmp_path: Path) -> None:
    assert run(tmp_path, "complete").attempt == 1
    (spec,) = specs_in(tmp_path, "complete")
    other = spec.model_copy(update={"trial": 7})
    for _ in range(2):
        (result,) = run_attempts([other], ScriptedRunner([], Fuse()))
        assert (result.trial, result.attempt) == (7, 2)


class TestOlderOutput:
    """Attempts of older versions have no records; ``decided.json`` is in the task's folder."""

    @staticmethod
    def leave(root: Path, number: int, **changes: object) -> None:
        folder = root / "searches/s/c0" / f"a{number}"
        write_result(folder, AttemptRef(trial=0, attempt=number), **changes)
        (folder / "spec.json").write_text("{}")

    def test_the_last_one_counts_by_number(self, tmp_path: Path) -> None:
        for attempt in (2, 9, 10):
            self.leave(tmp_path, attempt)
        self.leave(tmp_path, 11, outcome=Outcome.FAILED, failure=FailureClass.NODE_LOSS)
        self.leave(tmp_path, 12, attempt=99)
        assert records_in(tmp_path, complete=False).finished("c0") == 10
        assert records_in(tmp_path).finished("c0") is None

    def test_its_recorded_result_counts_after_a_resume(self, tmp_path: Path) -> None:
        older = records_in(tmp_path, complete=False)
        for attempt in (1, 2):
            self.leave(tmp_path, attempt)
        decision = tmp_path / "searches/s/c0/decided.json"
        decision.write_text('{"attempt": 1}')
        assert older.finished("c0") == 1
        specs, trained = specs_in(tmp_path, "complete"), []
        (result,) = run_attempts(specs, ScriptedRunner(trained, Fuse()), records=older)
        assert (result.attempt, trained) == (1, [])
        decision.write_text('{"attempt": 2}')
        assert older.finished("c0") == 1

    def test_a_damaged_record_is_rejected_with_a_message(self, tmp_path: Path) -> None:
        self.leave(tmp_path, 1)
        (tmp_path / "searches/s/c0/decided.json").write_text("{")
        with pytest.raises(UserError, match=r"c0/decided\.json: .*delete it"):
            records_in(tmp_path, complete=False).decided("c0")

    def test_a_new_attempt_in_an_older_search_needs_its_nonce(self, tmp_path: Path) -> None:
        leave(start(tmp_path, 1), nonce="made up")
        assert records_in(tmp_path, complete=False).finished("c0") is None
