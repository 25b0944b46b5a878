"""Tests of the local runner: the contract of all runners, and local processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kubenas.scheduling.local.runner import LocalLimits
from kubenas.trial import FailureClass, Task
from tests.contracts.runner.conftest import COMMAND
from tests.contracts.runner.promises import *  # noqa: F403
from tests.contracts.runner.waiting import ended, result_of, wait_for


def gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if _ended(pid):
            return True
        time.sleep(0.02)
    return False


def _ended(pid: int) -> bool:
    """Whether all threads of the runner have ended. They keep its files open."""
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        return state == "Z" and len(list((process / "task").iterdir())) == 1
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_local_runner_is_not_persistent(make_runner):
    runner = make_runner()
    assert not runner.persistent
    assert runner.adopt(Task.TRAIN) == []


@pytest.mark.parametrize("end", ["overrun", "stop"])
def test_an_attempt_is_killed_with_its_children(make_runner, make_spec, end):
    runner = make_runner()
    spec = make_spec("ignore-sigterm", max_seconds=0.3 if end == "overrun" else None)
    runner.start(spec)
    child = int(wait_for(spec, "running"))
    if end == "stop":
        runner.stop(spec.ref)
    ended(runner)
    assert gone(child)


def test_close_leaves_nothing_running_within_its_grace(make_runner, make_spec):
    runner = make_runner()
    specs = [make_spec("hang"), make_spec("ignore-sigterm", trial=1)]
    for spec in specs:
        runner.start(spec)
    pids = [int(wait_for(spec, "running")) for spec in specs]
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
    assert event.seconds == 0.0


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
    others = set(_children(os.getpid()))  # such as a store's server that other tests go on to use
    runner, spec = make_runner(1), make_spec("hang")
    runner.start(spec)
    pid = int(wait_for(spec, "running"))
    os.kill(pid, signal.SIGKILL)
    assert ended(runner)[0].failure == FailureClass.NODE_LOSS
    runner.start(make_spec(trial=1))
    assert ended(runner)[0].failure is None
    idle = make_spec(trial=2)
    for worker in set(_children(os.getpid())) - others:
        os.kill(worker, signal.SIGKILL)
        assert gone(worker)
    runner.start(idle)
    assert ended(runner)[0].ref == idle.ref
    assert result_of(idle)


PARENT = """
import sys
from pathlib import Path
from kubenas.scheduling.local.runner import LocalRunner
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
    pid = int(wait_for(spec, "running"))
    parent.kill()
    parent.wait()
    assert gone(pid)


def _children(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children]
