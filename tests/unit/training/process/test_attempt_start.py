"""Tests of the start time of an attempt and the deadline computed from it."""

import time
from pathlib import Path

from kubenas.training.process.stopping import Termination
from kubenas.training.worker import run_attempt
from kubenas.trial import AttemptSpec, AttemptStart, Outcome, Result, SpaceRef, Task


def test_the_time_of_an_attempt_counts_from_where_its_process_begins(tmp_path: Path) -> None:
    spec = AttemptSpec(
        task=Task.TRAIN,
        search="s",
        trial=0,
        attempt=1,
        prefix=str(tmp_path),
        space=SpaceRef(name="any"),
        dataset="d",
        work_seconds=90.0,
    )
    given: list[AttemptSpec] = []
    at_work: list[AttemptStart] = []

    def run_task(told: AttemptSpec, _: Termination) -> Result:
        given.append(told)
        at_work.append(AttemptStart.from_json((tmp_path / "begun.json").read_bytes()))
        return Result(task=told.task, trial=0, attempt=1, outcome=Outcome.COMPLETED, score=1.0)

    started = time.time()
    run_attempt(spec, lambda: run_task, Termination())
    (begun,), (told,) = at_work, given
    assert started <= begun.at <= time.time()
    assert told.deadline == begun.at + 90.0
