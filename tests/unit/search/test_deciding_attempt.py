"""One attempt at a task counts, for everyone, and stays the one whatever arrives late."""

from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.search.attempts import run_attempts
from kubenas.search.deciding_attempt import attempt_results, deciding_result, settle
from kubenas.storage import open_storage
from kubenas.trial import AttemptRef, FailureClass, Outcome, Result

from .scenario import Fuse, ScriptedRunner, write_result
from .test_attempts import specs_in


def leave(folder: Path, attempt: int, **changes: object) -> None:
    """An attempt that was started, with its result."""
    write_result(folder / f"a{attempt}", AttemptRef(trial=0, attempt=attempt), **changes)
    (folder / f"a{attempt}" / "spec.json").write_text("{}")


def counting(folder: Path) -> int | None:
    storage = open_storage(str(folder.parent))
    results = attempt_results(storage, folder.name)
    decided = deciding_result(storage, folder.name, results)
    return decided.attempt if decided else None


def run(folder: Path, *behaviours: str, found: tuple[AttemptRef, ...] = ()) -> Result:
    (result,) = run_attempts(specs_in(folder, *behaviours), ScriptedRunner([], Fuse(), found=found))
    return result


def test_a_late_result_of_a_lost_attempt_changes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "lost-once").attempt == 2
    leave(tmp_path / "c0", 1)
    assert counting(tmp_path / "c0") == 2
    assert run(tmp_path, "lost-once").attempt == 2


def test_a_late_result_is_taken_while_nothing_else_has_decided_and_stays(tmp_path: Path) -> None:
    leave(tmp_path / "c0", 1)
    second = tmp_path / "c0" / "a2"
    second.mkdir()
    (second / "spec.json").write_text("{}")
    at_work = AttemptRef(trial=0, attempt=2)
    runner = ScriptedRunner([], Fuse(), found=[at_work])
    (result,) = run_attempts(specs_in(tmp_path, "complete"), runner)
    assert result.attempt == 1
    assert runner.stopped == {at_work}
    leave(tmp_path / "c0", 2)
    assert counting(tmp_path / "c0") == 1
    assert run(tmp_path, "complete").attempt == 1


class LateRunner(ScriptedRunner):
    """The first attempt's result arrives with the loss of the second."""

    def _act(self, spec):
        if spec.attempt == 2:
            write_result(Path(spec.prefix).parent / "a1", AttemptRef(trial=0, attempt=1))
            return FailureClass.NODE_LOSS
        return super()._act(spec)


def test_no_further_attempt_is_started_once_an_earlier_one_has_decided(tmp_path: Path) -> None:
    runner = LateRunner([], Fuse())
    (result,) = run_attempts(specs_in(tmp_path, "lost"), runner)
    assert (result.attempt, result.outcome) == (1, Outcome.COMPLETED)
    assert [spec.attempt for spec in runner.specs] == [1, 2]


def test_in_an_older_output_the_last_one_counts_by_number(tmp_path: Path) -> None:
    for attempt in (2, 9, 10):
        leave(tmp_path / "task", attempt)
    leave(tmp_path / "task", 11, outcome=Outcome.FAILED, failure=FailureClass.NODE_LOSS)
    assert counting(tmp_path / "task") == 10


def test_what_was_settled_first_stays(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    for attempt in (1, 2):
        leave(tmp_path / "task", attempt)
        decided = settle(storage, "task", attempt_results(storage, "task"))
        assert decided is not None
        assert decided.attempt == 1


def test_a_task_without_a_result_that_decides_is_undecided(tmp_path: Path) -> None:
    assert counting(tmp_path / "task") is None
    leave(tmp_path / "task", 1, outcome=Outcome.FAILED, failure=FailureClass.APPLICATION)
    storage = open_storage(str(tmp_path))
    assert settle(storage, "task", attempt_results(storage, "task")) is None
    assert not storage.exists("task/decided.json")


def test_a_damaged_decision_is_refused_in_words(tmp_path: Path) -> None:
    leave(tmp_path / "task", 1)
    (tmp_path / "task/decided.json").write_text("{")
    with pytest.raises(UserError, match=r"task/decided\.json: .*delete it"):
        counting(tmp_path / "task")
