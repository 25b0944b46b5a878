"""Batches of attempts: results, retries and resumption after a crash."""

from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.search.attempts import batch as attempts
from kubenas.search.attempts.records import AttemptRecords
from kubenas.storage import open_storage
from kubenas.trial import (
    AttemptRef,
    AttemptSpec,
    FailureClass,
    Outcome,
    Result,
    SpaceRef,
    Task,
    TrainingPlan,
)
from tests.unit.search.scripted_runner import Crash, Fuse, ScriptedRunner, write_result

PLAN = TrainingPlan(
    epochs=3, batch_size=8, patience=0, seed=1, objective="val_accuracy", direction="max"
)


def specs_in(folder: Path, *behaviours: str) -> list[AttemptSpec]:
    return [
        AttemptSpec(
            task=Task.TRAIN,
            search="s",
            trial=number,
            attempt=1,
            prefix=str(folder / "searches/s" / f"c{number}" / "a1"),
            space=SpaceRef(name="any"),
            dataset="nowhere",
            training=PLAN,
            resume_from="given",
            hyperparameters={"space": [], "values": {"x": number, "behave": behave}},
        )
        for number, behave in enumerate(behaviours)
    ]


def run_attempts(specs: list[AttemptSpec], runner: ScriptedRunner, **options) -> list[Result]:
    root = specs[0].prefix.partition("/searches/")[0] if specs else "."
    options.setdefault("records", AttemptRecords(open_storage(root), "s", complete=True))
    return attempts.run_attempts(specs, runner, **options)


@pytest.fixture
def trained() -> list[AttemptRef]:
    return []


def test_results_are_in_the_order_of_the_specs(tmp_path, trained):
    specs = specs_in(tmp_path, "complete", "nan", "bug", "lost-once", "lost")
    results = run_attempts(specs, ScriptedRunner(trained, Fuse()))
    assert [(result.trial, result.attempt, result.outcome) for result in results] == [
        (0, 1, Outcome.COMPLETED),
        (1, 1, Outcome.INFEASIBLE),
        (2, 2, Outcome.FAILED),
        (3, 2, Outcome.COMPLETED),
        (4, 5, Outcome.FAILED),
    ]
    assert results[4].failure == FailureClass.NODE_LOSS
    assert results[4].message


def test_an_attempt_resumes_from_the_newest_or_the_given_checkpoint(tmp_path, trained):
    runner = ScriptedRunner(trained, Fuse())
    run_attempts(specs_in(tmp_path, "progress"), runner)
    prefixes = [spec.prefix for spec in runner.specs]
    assert prefixes == [f"{tmp_path}/searches/s/c0/a{number}" for number in range(1, 8)]
    resumed = [spec.resume_from for spec in runner.specs]
    assert resumed == ["given", *[f"{prefix}/checkpoint" for prefix in prefixes[:-1]]]


def test_finished_tasks_are_not_run_again(tmp_path, trained):
    specs = specs_in(tmp_path, "complete", "nan", "lost-once")
    first = run_attempts(specs, ScriptedRunner(trained, Fuse()))
    before = list(trained)
    assert run_attempts(specs, ScriptedRunner(trained, Fuse())) == first
    assert trained == before


def test_a_failed_task_is_tried_again_in_the_next_call(tmp_path, trained):
    specs = specs_in(tmp_path, "bug")
    (failed,) = run_attempts(specs, ScriptedRunner(trained, Fuse()))
    assert (failed.outcome, failed.attempt) == (Outcome.FAILED, 2)
    mended = specs_in(tmp_path, "complete")
    (result,) = run_attempts(mended, ScriptedRunner(trained, Fuse()))
    assert (result.outcome, result.attempt) == (Outcome.COMPLETED, 3)


def test_a_configuration_failure_ends_the_batch_with_one_message(tmp_path, trained):
    specs = specs_in(tmp_path, "misconfigured", "complete")
    with pytest.raises(UserError, match="train: misconfigured happened"):
        run_attempts(specs, ScriptedRunner(trained, Fuse(), capacity=1))


def test_a_crash_at_any_point_repeats_no_finished_attempt(tmp_path, trained):
    fuse = Fuse()
    behaviours = ("complete", "lost-once", "nan")
    run_attempts(specs_in(tmp_path / "whole", *behaviours), ScriptedRunner([], fuse))
    for point in range(1, fuse.passed + 1):
        specs = specs_in(tmp_path / str(point), *behaviours)
        trained.clear()
        with pytest.raises(Crash):
            run_attempts(specs, ScriptedRunner(trained, Fuse(point)))
        results = run_attempts(specs, ScriptedRunner(trained, Fuse()))
        outcomes = [result.outcome for result in results]
        assert outcomes == [Outcome.COMPLETED, Outcome.COMPLETED, Outcome.INFEASIBLE]
        assert sorted(ref.trial for ref in trained) == [0, 1, 2], f"after a crash at {point}"


def test_a_foreign_or_truncated_result_is_rejected(tmp_path, trained):
    specs = specs_in(tmp_path, "complete", "complete")
    for spec in specs:
        Path(spec.prefix).mkdir(parents=True)
        Path(spec.prefix, "spec.json").write_bytes(spec.to_json())
    write_result(Path(specs[0].prefix), AttemptRef(trial=7, attempt=1))
    Path(specs[1].prefix, "result.json").write_text('{"version": 1, "task":')
    results = run_attempts(specs, ScriptedRunner(trained, Fuse()))
    assert [result.attempt for result in results] == [2, 2]


def test_progress_counts_finished_tasks(tmp_path, trained):
    told = []
    specs = specs_in(tmp_path, "complete", "complete", "complete")
    run_attempts(specs, ScriptedRunner(trained, Fuse()), on_progress=told.append)
    assert {progress.activity for progress in told} == {"train"}
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert (told[-1].done, told[-1].total) == (3, 3)


def test_specs_with_equal_trial_numbers_or_bad_prefixes_are_rejected(tmp_path, trained):
    (spec,) = specs_in(tmp_path, "complete")
    with pytest.raises(ValueError, match="must differ"):
        run_attempts([spec, spec], ScriptedRunner(trained, Fuse()))
    odd = spec.model_copy(update={"prefix": f"{tmp_path}/searches/s/c0"})
    with pytest.raises(ValueError, match="/a1"):
        run_attempts([odd], ScriptedRunner(trained, Fuse()))


def test_an_empty_batch_has_no_results(trained):
    assert run_attempts([], ScriptedRunner(trained, Fuse())) == []
