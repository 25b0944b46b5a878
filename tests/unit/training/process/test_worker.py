"""Tests of the trial process: protocol, exit codes and termination."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubenas.search.attempts.heartbeat import send_heartbeats
from kubenas.training.fit.checkpoint import load_checkpoint
from kubenas.trial import AttemptSpec, Heartbeat, Result, Task
from tests.unit.training.conftest import LINEAR, MakeSpec

CHATTY = LINEAR.replace(
    "    def build(self, hp):",
    "    def build(self, hp):\n        import os, sys\n        print('from python')\n"
    "        os.write(1, b'from below\\n')\n        print(repr(sys.stdin.read()))",
)


class Worker:
    """A warm worker."""

    def __init__(self, errors: Path) -> None:
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kubenas.training.worker", "--serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def ask(self, spec: AttemptSpec) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"spec": written(spec)}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


def written(spec: AttemptSpec) -> str:
    folder = Path(spec.prefix)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.json").write_bytes(spec.to_json())
    return str(folder / "spec.json")


def result(spec: AttemptSpec) -> Result:
    return Result.from_json(Path(spec.prefix, "result.json").read_bytes())


def wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.05)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path / "stderr.txt")
    yield worker
    worker.process.kill()
    worker.process.wait()
    assert worker.process.stdout is not None
    worker.process.stdout.close()


def test_a_warm_worker_serves_until_it_is_terminated_and_leaves_a_checkpoint(
    worker: Worker, make_spec: MakeSpec, tmp_path: Path
) -> None:
    assert worker.answer() == {"ready": True}
    ref = {"trial": 0, "attempt": 1}

    spec = make_spec(Task.DESCRIBE, source=CHATTY)
    worker.ask(spec)
    assert worker.answer() == {"started": ref}
    assert worker.answer() == {"ended": ref, "failure": None, "message": ""}
    assert result(spec).outcome == "completed"
    log = Path(spec.prefix, "log.txt").read_text()
    assert {"from python", "from below", "''"} <= set(log.splitlines())

    refused = make_spec(Task.EVALUATE)
    in_the_way = Path(refused.prefix, "log.txt")
    in_the_way.mkdir(parents=True)
    worker.ask(refused)
    assert worker.answer() == {"started": ref}
    ended = worker.answer()
    assert ended["failure"] == "storage"
    assert str(in_the_way) in ended["message"]
    assert not Path(refused.prefix, "result.json").exists()

    spec = make_spec(attempt=2, plan={"epochs": 100_000, "checkpoint_seconds": 0.0})
    worker.ask(spec)
    wait_for(Path(spec.prefix, "checkpoint", "latest.json"))
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(30) == 143
    assert worker.answer() == {"started": {"trial": 0, "attempt": 2}}
    assert not Path(spec.prefix, "result.json").exists()
    state = load_checkpoint(f"{spec.prefix}/checkpoint")
    assert 1 <= state.epochs < 100_000
    assert "from python" not in (tmp_path / "stderr.txt").read_text()


def test_a_worker_does_not_outlive_its_parent(worker: Worker, make_spec: MakeSpec) -> None:
    assert worker.answer() == {"ready": True}
    spec = make_spec(plan={"epochs": 100_000, "checkpoint_seconds": 0.0})
    worker.ask(spec)
    wait_for(Path(spec.prefix, "checkpoint", "latest.json"))
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.process.wait(60) == 1


def once(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kubenas.training.worker", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_attempt_in_a_process_of_its_own_is_not_done_twice(make_spec: MakeSpec) -> None:
    spec = make_spec(Task.DESCRIBE)
    uri = written(spec)
    assert once(uri).returncode == 0
    before = Path(spec.prefix, "result.json").stat().st_mtime_ns
    assert result(spec).outcome == "completed"
    assert once(uri).returncode == 0
    assert Path(spec.prefix, "result.json").stat().st_mtime_ns == before


def test_exit_codes_without_a_spec(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text("{}")
    assert once().returncode == 2
    assert once(str(tmp_path / "spec.json")).returncode == 2
    missing = once(str(tmp_path / "none.json"))
    assert missing.returncode == 75
    assert missing.stderr.count("\n") == 1


def test_an_attempt_without_a_sign_of_life_of_its_search_checkpoints_and_ends(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    heartbeat = Heartbeat(uri=str(tmp_path / "heartbeat.json"), seconds=10)
    spec = make_spec(
        plan={"epochs": 100_000, "checkpoint_seconds": 0.0},
        heartbeat=heartbeat,
    )
    with send_heartbeats(heartbeat):
        attempt = subprocess.Popen(
            [sys.executable, "-m", "kubenas.training.worker", written(spec)],
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(Path(spec.prefix, "checkpoint", "latest.json"))
        time.sleep(heartbeat.seconds)
        assert attempt.poll() is None
    _, errors = attempt.communicate(timeout=60)
    assert attempt.returncode == 143
    assert errors.endswith("no heartbeat of the search for 10 s\n")
    assert load_checkpoint(f"{spec.prefix}/checkpoint").epochs >= 1
    assert not Path(spec.prefix, "result.json").exists()


DEAF = """
import signal, sys, time
from kubenas.training.process.heartbeat import HeartbeatWatch
from kubenas.training.process.stopping import Termination
from kubenas.trial import Heartbeat
termination = Termination()
termination.install()
HeartbeatWatch(Heartbeat(uri=sys.argv[1], seconds=0.5), termination, grace_seconds=0.5).start()
with termination.deferred():
    time.sleep(600)
"""


def test_an_attempt_that_does_not_listen_is_ended(tmp_path: Path) -> None:
    deaf = [sys.executable, "-c", DEAF, str(tmp_path / "nothing.json")]
    assert subprocess.run(deaf, timeout=120, check=False).returncode == 143
