"""Contract tests of every TrialRunner, with stand-in workers. The real worker has its own tests.

A file that imports these tests provides the fixtures ``make_runner(workers)`` and
``make_spec(behave, trial=0, **changes)``. The termination grace period of the runners is 1 s.
"""

import time

import pytest

from kubenas.storage import open_storage
from kubenas.trial import AttemptRef, AttemptSpec, FailureClass, SpaceRef
from tests.contracts.runner.waiting import ended, result_of, wait_for

CLOCK_SECONDS = 1.0
"""Tolerance in seconds for times reported by a cluster."""


def test_an_attempt_starts_runs_and_ends_with_its_result_in_place(make_runner, make_spec):
    runner, spec = make_runner(), make_spec()
    runner.start(spec)
    events = []
    while not any(event.kind == "ended" for event in events):
        events += [event for event in runner.poll(10.0) if event.kind != "waiting"]
    assert [event.kind for event in events] == ["running", "ended"]
    assert {event.ref for event in events} == {spec.ref}
    assert events[-1].failure is None
    assert result_of(spec).trial == spec.trial
    assert AttemptSpec.from_json(open_storage(spec.prefix).read("spec.json")) == spec


def test_an_end_says_for_how_long_it_ran_and_the_queue_is_no_part_of_it(make_runner, make_spec):
    runner, spec = make_runner(1), make_spec()
    spec = spec.model_copy(
        update={"space": SpaceRef(name="any", options={**spec.space.options, "seconds": 2})}
    )
    asked_at = time.time()
    runner.start(spec)
    events = []
    while not any(event.kind == "ended" for event in events):
        events += runner.poll(10.0)
    (began,) = [event.since for event in events if event.kind == "running"]
    assert began >= asked_at - CLOCK_SECONDS
    assert 2.0 - CLOCK_SECONDS <= events[-1].seconds <= time.time() - began + CLOCK_SECONDS


def test_capacity_many_run_at_the_same_time(make_runner, make_spec):
    runner = make_runner(3)
    specs = [make_spec("hang", trial=number) for number in range(3)]
    for spec in specs:
        runner.start(spec)
    for spec in specs:
        wait_for(spec, "running")
    assert runner.capacity == 3
    assert not any(event.kind == "ended" for event in runner.poll(0.5))


@pytest.mark.parametrize(
    ("behave", "failure", "words"),
    [
        ("leave", FailureClass.APPLICATION, "exited with 7"),
        ("kill-itself", FailureClass.NODE_LOSS, "killed by signal 9"),
        ("storage", FailureClass.STORAGE, "disk full"),
    ],
)
def test_an_attempt_that_dies_is_classified_and_its_slot_is_free_again(
    make_runner, make_spec, behave, failure, words
):
    runner = make_runner(1)
    runner.start(make_spec(behave))
    (event,) = ended(runner)
    assert event.failure == failure
    assert words in event.message
    runner.start(make_spec(trial=1))
    assert ended(runner)[0].failure is None


def test_the_last_output_of_a_dead_worker_is_in_the_message(make_runner, make_spec):
    runner = make_runner(1)
    runner.start(make_spec("leave"))
    message = ended(runner)[0].message
    assert "ValueError: odd" in message
    assert "\n" not in message


def test_an_attempt_that_overruns_is_killed_for_its_deadline(make_runner, make_spec):
    runner, spec = make_runner(1), make_spec("ignore-sigterm", max_seconds=0.3)
    runner.start(spec)
    (event,) = ended(runner)
    assert event.failure == FailureClass.DEADLINE
    assert "0.3 s" in event.message


def test_a_stopped_attempt_checkpoints_and_ends_once(make_runner, make_spec):
    runner, spec = make_runner(), make_spec("hang")
    runner.start(spec)
    wait_for(spec, "running")
    runner.stop(spec.ref)
    (event,) = ended(runner)
    assert event.failure == FailureClass.DISRUPTION
    assert open_storage(spec.prefix).exists("checkpoint/latest.json")
    assert runner.poll(0.2) == []


def test_a_stopped_attempt_that_does_not_listen_is_killed(make_runner, make_spec):
    runner, spec = make_runner(), make_spec("ignore-sigterm")
    runner.start(spec)
    wait_for(spec, "running")
    runner.stop(spec.ref)
    assert ended(runner)[0].failure == FailureClass.DISRUPTION


def test_stopping_what_does_not_run_changes_nothing(make_runner):
    runner = make_runner()
    runner.stop(AttemptRef(trial=9, attempt=1))
    assert runner.poll(0.0) == []


def test_poll_waits_as_long_as_it_is_told_and_no_longer(make_runner):
    runner = make_runner()
    started = time.monotonic()
    assert runner.poll(0.3) == []
    assert 0.3 <= time.monotonic() - started < 2.0
