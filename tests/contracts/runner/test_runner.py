"""What every TrialRunner promises. Workers are stand-ins; the real one has its own tests."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kubenas.scheduling.local import LocalLimits
from kubenas.trial import AttemptRef, AttemptSpec, FailureClass, Result

from .conftest import COMMAND, ended, wait_for


def gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def result_of(spec) -> Result:
    return Result.from_json(Path(spec.prefix, "result.json").read_bytes())


def test_an_attempt_starts_runs_and_ends_with_its_result_in_place(make_runner, make_spec):
    runner, spec = make_runner(), make_spec()
    runner.start(spec)
    events = []
    while not any(event.kind == "ended" for event in events):
        events += runner.poll(10.0)
    assert [event.kind for event in events] == ["running", "ended"]
    assert {event.ref for event in events} == {spec.ref}
    assert events[-1].failure is None
    assert result_of(spec).trial == spec.trial
    assert AttemptSpec.from_json(Path(spec.prefix, "spec.json").read_bytes()) == spec


def test_capacity_many_run_at_the_same_time(make_runner, make_spec):
    runner = make_runner(3)
    specs = [make_spec("hang", trial=number) for number in range(3)]
    for spec in specs:
        runner.start(spec)
    pids = {wait_for(Path(spec.prefix, "running")) for spec in specs}
    assert runner.capacity == len(pids) == 3


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


def test_what_a_dead_worker_said_last_is_in_the_message(make_runner, make_spec):
    runner = make_runner(1)
    runner.start(make_spec("leave"))
    message = ended(runner)[0].message
    assert "ValueError: odd" in message
    assert "\n" not in message


def test_an_attempt_that_overruns_is_killed_for_its_deadline(make_runner, make_spec):
    runner, spec = make_runner(1), make_spec("ignore-sigterm", max_seconds=0.3)
    runner.start(spec)
    child = int(wait_for(Path(spec.prefix, "running")))
    (event,) = ended(runner)
    assert event.failure == FailureClass.DEADLINE
    assert "0.3 s" in event.message
    assert gone(child)


def test_a_stopped_attempt_checkpoints_and_ends_once(make_runner, make_spec):
    runner, spec = make_runner(), make_spec("hang")
    runner.start(spec)
    wait_for(Path(spec.prefix, "running"))
    runner.stop(spec.ref)
    (event,) = ended(runner)
    assert event.failure == FailureClass.DISRUPTION
    assert Path(spec.prefix, "checkpoint", "latest.json").is_file()
    assert runner.poll(0.2) == []


def test_a_stopped_attempt_that_does_not_listen_is_killed_with_its_children(make_runner, make_spec):
    runner, spec = make_runner(), make_spec("ignore-sigterm")
    runner.start(spec)
    child = int(wait_for(Path(spec.prefix, "running")))
    runner.stop(spec.ref)
    assert ended(runner)[0].failure == FailureClass.DISRUPTION
    assert gone(child)


def test_stopping_what_does_not_run_changes_nothing(make_runner):
    runner = make_runner()
    runner.stop(AttemptRef(trial=9, attempt=1))
    assert runner.poll(0.0) == []


def test_poll_waits_as_long_as_it_is_told_and_no_longer(make_runner):
    started = time.monotonic()
    assert make_runner().poll(0.3) == []
    assert 0.3 <= time.monotonic() - started < 2.0


def test_close_leaves_nothing_running_within_its_grace(make_runner, make_spec):
    runner = make_runner()
    specs = [make_spec("hang"), make_spec("ignore-sigterm", trial=1)]
    for spec in specs:
        runner.start(spec)
    pids = [int(wait_for(Path(spec.prefix, "running"))) for spec in specs]
    started = time.monotonic()
    runner.close()
    assert time.monotonic() - started < 5.0
    assert all(gone(pid) for pid in pids)
    assert Path(specs[0].prefix, "checkpoint", "latest.json").is_file()


def test_a_worker_that_cannot_start_is_a_matter_of_configuration(make_runner, make_spec):
    runner = make_runner(1, "--broken")
    runner.start(make_spec())
    (event,) = ended(runner)
    assert event.failure == FailureClass.CONFIGURATION
    assert "no module named tensorflow" in event.message


def test_a_worker_that_never_gets_ready_is_given_up(make_runner, make_spec):
    runner = make_runner(1, "--never-ready", limits=LocalLimits(startup_seconds=0.5))
    runner.start(make_spec())
    (event,) = ended(runner)
    assert event.failure == FailureClass.CONFIGURATION
    assert "not ready after" in event.message


def test_a_worker_serves_several_attempts_and_is_replaced_in_time(make_runner, make_spec, tmp_path):
    runner = make_runner(1)
    for trial in range(9):
        runner.start(make_spec(trial=trial))
        assert ended(runner)[0].failure is None
    assert len(list((tmp_path / "logs").iterdir())) == 3  # 4 attempts a worker


def test_an_idle_worker_that_was_killed_is_replaced_unseen(make_runner, make_spec, tmp_path):
    runner, spec = make_runner(1), make_spec("hang")
    runner.start(spec)
    pid = int(wait_for(Path(spec.prefix, "running")))
    os.kill(pid, signal.SIGKILL)
    assert ended(runner)[0].failure == FailureClass.NODE_LOSS
    runner.start(make_spec(trial=1))
    assert ended(runner)[0].failure is None
    idle = make_spec(trial=2)
    for worker in _children(os.getpid()):
        os.kill(worker, signal.SIGKILL)
        assert gone(worker)
    runner.start(idle)
    assert ended(runner)[0].ref == idle.ref
    assert result_of(idle)


PARENT = """
import sys
from pathlib import Path
from kubenas.scheduling.local import LocalRunner
from kubenas.trial import AttemptSpec
runner = LocalRunner(workers=1, log_folder=Path(sys.argv[1]), command=sys.argv[3:])
runner.start(AttemptSpec.from_json(Path(sys.argv[2]).read_bytes()))
runner.poll(600)
runner.poll(600)
"""


def test_workers_die_with_the_process_that_started_them(make_spec, tmp_path):
    spec = make_spec("hang")
    spec_file = tmp_path / "spec.json"
    spec_file.write_bytes(spec.to_json())
    arguments = [str(tmp_path / "logs"), str(spec_file), *COMMAND]
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *arguments])
    pid = int(wait_for(Path(spec.prefix, "running"), 60))
    parent.kill()
    parent.wait()
    assert gone(pid)


def _children(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children]
