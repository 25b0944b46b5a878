"""A script with kubenas.Tuner and real worker processes: killed, interrupted, run to its end, and
run once more. What a search does is in tests/unit/tuner."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)  # also on a busy machine

TRIALS = 8
BESIDE = """
def doubled(x):
    return 2.0 * x
"""
SCRIPT = f"""
import json, os, pathlib, sys, time
import beside
import kubenas

class Slow(kubenas.Tuner):
    def run_trial(self, trial, folder):
        x = trial.hyperparameters.Int("x", 1, 10_000)
        with pathlib.Path(folder, f"began-{{trial.trial_id}}").open("a") as file:
            file.write(f"{{os.getpid()}}\\n")
        time.sleep(2)
        return beside.doubled(x)

here = pathlib.Path(__file__).parent
tuner = Slow(max_trials={TRIALS}, output=here / "out", oracle="random")
tuner.search(str(here))
trials = tuner.oracle.trials.items()
print(json.dumps({{name: [each.hyperparameters.get("x"), each.score] for name, each in trials}}))
"""
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Story:
    """The outcome of one search."""

    folder: Path
    ended_before_kill: set[str]
    pids_at_kill: set[int]
    interrupted: Done
    finished: Done
    began_at_end: dict[str, int]
    again: Done

    @property
    def result(self) -> dict[str, list[float]]:
        return json.loads(self.finished.stdout.splitlines()[-1])


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, folder / "script.py"],
        cwd="/",  # trials do not begin where the script lies
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Done:
    stdout, stderr = process.communicate(timeout=400)
    return Done(process.args, process.returncode, stdout, stderr)


def ended(folder: Path) -> set[str]:
    """Names of trials with a result."""
    results = (folder / "out").glob("searches/*/trials/*/a*/result.json")
    return {str(int(path.parent.parent.name)) for path in results}


def began(folder: Path) -> dict[str, int]:
    """Number of starts of each trial."""
    notes = folder.glob("began-*")
    return {path.name.removeprefix("began-"): len(path.read_text().split()) for path in notes}


def wait_for(count: int, folder: Path, process: subprocess.Popen[str]) -> None:
    """Waits until so many trials have ended and another one is running."""
    until = time.monotonic() + 300
    while time.monotonic() < until and process.poll() is None:
        if len(ended(folder)) >= count and began(folder).keys() - ended(folder):
            return
        time.sleep(0.05)
    raise AssertionError(f"no {count} trials: {process.communicate()}")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("tuner")
    (folder / "beside.py").write_text(BESIDE)
    (folder / "script.py").write_text(SCRIPT)
    first = start(folder)
    wait_for(2, folder, first)
    first.kill()
    first.communicate()
    pids = {int(pid) for path in folder.glob("began-*") for pid in path.read_text().split()}
    ended_before_kill = ended(folder)
    second = start(folder)
    wait_for(4, folder, second)
    second.send_signal(signal.SIGINT)
    interrupted = finish(second)
    finished = finish(start(folder))
    began_at_end = began(folder)
    again = finish(start(folder))
    return Story(folder, ended_before_kill, pids, interrupted, finished, began_at_end, again)


def test_trials_get_the_code_beside_the_script(story):
    assert story.finished.returncode == 0, story.finished.stderr
    assert len(story.result) == TRIALS
    assert all(score == 2 * x for x, score in story.result.values())


def test_no_trial_outlives_a_killed_caller(story):
    alive = {pid for pid in story.pids_at_kill if Path(f"/proc/{pid}").exists()}
    assert not alive


def test_what_had_ended_before_the_kill_is_not_run_again(story):
    counts = began(story.folder)
    assert story.ended_before_kill
    assert {counts[name] for name in story.ended_before_kill} == {1}


def test_an_interrupt_is_a_keyboard_interrupt(story):
    assert "KeyboardInterrupt: search: stopped" in story.interrupted.stderr
    assert story.interrupted.returncode != 0


def test_a_finished_search_is_returned_without_a_trial(story):
    assert story.again.stdout.splitlines()[-1] == story.finished.stdout.splitlines()[-1]
    assert began(story.folder) == story.began_at_end


def test_the_command_line_tells_of_it(story):
    environment = {**os.environ, "COLUMNS": "200"}
    told = subprocess.run(
        [Path(sys.executable).with_name("kubenas"), "status", story.folder / "out"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    ).stdout
    assert "done" in told.splitlines()[0]
    assert f"{TRIALS} completed" in told
    assert (story.folder / "out" / "report.html").is_file()
