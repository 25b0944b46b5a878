"""The whole pipeline on this machine, through the real command line: refused while it is in use,
interrupted, resumed to its end, and run once more. Mistakes are in test_bad_inputs.py, kills in
tests/chaos."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended, Opened, Started
from kubenas.search.layout import search_folder
from kubenas.steps.process.status import read_status
from kubenas.storage import open_storage

pytestmark = pytest.mark.timeout(900)  # the whole pipeline, also on a busy machine

KUBENAS = Path(sys.executable).with_name("kubenas")
TRIALS = 3
CONFIG = {
    "name": "whole",
    "output": "out",
    "data": {"source": "digits"},
    "search": {"max_trials": TRIALS, "seed": 5},
    "training": {"epochs": 4, "patience": 0},
    "retrain": {"candidates": 1, "seeds": 2},
}
Done = subprocess.CompletedProcess[str]


def kubenas(*arguments: str | Path) -> Done:
    return subprocess.run(
        [KUBENAS, *arguments], capture_output=True, text=True, timeout=540, check=False
    )


@dataclass(frozen=True)
class Story:
    """The outcome of one run."""

    file: Path
    refused: Done
    interrupted: Done
    finished: Done

    @property
    def output(self) -> Path:
        return self.file.parent / "out"

    @property
    def summary(self) -> dict:
        return json.loads((self.output / "summary.json").read_text())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    file = tmp_path_factory.mktemp("run") / "search.yaml"
    file.write_text(json.dumps(CONFIG))
    run = subprocess.Popen(
        [KUBENAS, "run", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until_a_trial_trains(file.parent / "out", run)
    refused = kubenas("run", file)
    run.send_signal(signal.SIGINT)
    stdout, stderr = run.communicate(timeout=60)
    interrupted = Done(run.args, run.returncode, stdout, stderr)
    return Story(file, refused, interrupted, kubenas("run", file, "--json"))


def wait_until_a_trial_trains(output: Path, run: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 200
    while time.monotonic() < until and run.poll() is None:
        status = read_status(open_storage(str(output)))
        if status and status.step == "search" and tries_trials(status.progress):
            return
        time.sleep(0.2)
    pytest.fail(f"no trial was started: {run.communicate()[1] if run.poll() else ''}")


def tries_trials(progress: dict) -> bool:
    return bool(progress.get("running")) and progress["activity"] != "describe"


def test_an_output_in_use_is_refused(story: Story) -> None:
    assert story.refused.returncode == 2
    assert "in use" in story.refused.stderr


def test_an_interrupt_says_how_to_resume(story: Story) -> None:
    assert story.interrupted.returncode == 130
    assert f"kubenas run {story.file}" in story.interrupted.stderr
    assert "Traceback" not in story.interrupted.stderr


def test_nothing_is_left_running(story: Story) -> None:
    assert story.finished.returncode == 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            assert str(story.output) not in command


def test_json_is_all_that_stdout_has(story: Story) -> None:
    assert story.finished.returncode == 0, story.finished.stderr
    (line,) = story.finished.stdout.splitlines()
    assert json.loads(line) == story.summary


def test_the_summary_has_what_programs_need(story: Story) -> None:
    summary = story.summary
    assert sum(summary["trials"].values()) == TRIALS
    assert summary["trials"]["completed"] == TRIALS
    assert 0 < summary["validation_score"] <= 1
    low, high = summary["test"]["accuracy_interval"]
    assert 0.5 < low < summary["test"]["accuracy"] < high <= 1
    assert set(summary["seconds"]) == {
        "prepare", "search", "retrain", "export", "evaluate", "report", "promote",
    }  # fmt: skip
    assert Path(summary["report"]).stat().st_size < 3_000_000
    assert (Path(summary["model"]) / "1/saved_model.pb").is_file()


def test_each_trial_ended_once_and_the_search_was_taken_up_twice(story: Story) -> None:
    records = journal(story)
    assert sorted(r.trial for r in records if isinstance(r, Ended)) == list(range(TRIALS))
    assert sum(isinstance(record, Opened) for record in records) == 2


def test_the_exported_model_predicts_from_raw_pictures(story: Story) -> None:
    import tensorflow as tf  # noqa: PLC0415 - slow, and only needed here

    served = tf.saved_model.load(f"{story.summary['model']}/1").signatures["serving_default"]
    digits = load_digits()
    images = digits.images[:500, :, :, None].astype(np.float32)
    probabilities = served(image=tf.constant(images))["probabilities"].numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    assert (probabilities.argmax(axis=1) == digits.target[:500]).mean() > 0.7


def test_running_once_more_repeats_nothing_also_after_a_clean_up(story: Story) -> None:
    before = journal(story)
    cleaned = json.loads(kubenas("gc", story.output, "--yes", "--json").stdout)
    assert cleaned["objects"] > 0
    begun = time.monotonic()
    again = kubenas("run", story.file, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == story.summary
    started = [record for record in journal(story) if isinstance(record, Started)]
    assert started == [record for record in before if isinstance(record, Started)]
    assert time.monotonic() - begun < 300


def test_status_of_a_finished_run(story: Story) -> None:
    done = kubenas("status", story.output, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["state"]) == (0, "done")
    assert answer["summary"] == story.summary
    assert "test" in kubenas("status", story.output).stdout


def test_the_report_can_be_written_anew(story: Story) -> None:
    report = Path(story.summary["report"])
    report.unlink()
    done = kubenas("report", story.output, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["report"] == str(report)
    assert "</html>" in report.read_text()


def test_the_leaderboard_has_every_trial(story: Story) -> None:
    folder = story.output / search_folder(story.summary["search"])
    lines = (folder / "leaderboard.csv").read_text().splitlines()
    assert len(lines) == 1 + TRIALS


def journal(story: Story) -> list:
    storage = open_storage(str(story.output))
    return Journal(storage, search_folder(story.summary["search"])).read()
