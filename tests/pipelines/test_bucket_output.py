"""The whole pipeline with its output in a bucket on a real server: looked at while it runs, killed,
resumed, looked at when done, and run again with Kubeflow's artifacts elsewhere."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from kubenas.config.loading import load_config
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended, Opened
from kubenas.search.layout import search_folder
from kubenas.steps.process.status import read_status
from kubenas.storage import Storage, join, open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server, moto_server
from tests.pipelines.artifact_roots import run_below

pytestmark = pytest.mark.timeout(900)  # the whole pipeline, also on a busy machine

COMMAND = Path(sys.executable).with_name("kubenas")
SERVERS = {"gs": fake_gcs_server, "s3": moto_server}
ROOTS = {
    "gs": ("gs://bucket/v2/artifacts", "gs://bucket/elsewhere"),
    "s3": ("s3://bucket/v2/artifacts", "minio://bucket/v2/artifacts"),
}
TRIALS = 2
MADE_ANEW = {"report.html", "leaderboard.json", "leaderboard.csv", "model_card.md"}
"""What the report step writes into the folder of a search, however often it runs."""


@dataclass(frozen=True)
class Run:
    """A completed run that was killed once."""

    config: Path
    scheme: str
    output: str
    status: dict[str, Any]
    """What ``kubenas status`` said while the search ran."""
    report: dict[str, Any]
    page: str
    """The report of that time."""
    summary: dict[str, Any]
    """What the command that resumed it said."""

    @property
    def storage(self) -> Storage:
        return open_storage(self.output)


@pytest.fixture(scope="module", params=SERVERS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp(request.param)
    output = f"{request.param}://{BUCKET}/teams/vision/digits"
    config = folder / "search.yaml"
    content = {
        "name": "bucket",
        "output": output,
        "data": {"source": "digits"},
        "search": {"oracle": "random", "max_trials": TRIALS},
        "training": {"epochs": 3, "patience": 0},
        "runner": {"workers": 1},
        "retrain": {"candidates": 1, "seeds": 1},
    }
    config.write_text(json.dumps(content))
    with SERVERS[request.param]() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        patch.setenv("AWS_ENDPOINT_URL_S3", url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("KUBENAS_CACHE", str(folder / "cache/objects"))
        with searching(config, output):
            status, report = told("status", output), told("report", output)
        page = open_storage(output).read("report.html").decode()
        summary = resumed(config)
        yield Run(config, request.param, output, status, report, page, summary)


@contextmanager
def searching(config: Path, output: str) -> Iterator[None]:
    """Yields while the search runs its first trial; then kills the search."""
    run = subprocess.Popen([COMMAND, "run", config], start_new_session=True)
    until = time.monotonic() + 200
    try:
        while time.monotonic() < until and run.poll() is None and not a_trial_runs(output):
            time.sleep(0.2)
        assert a_trial_runs(output)
        yield
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def a_trial_runs(output: str) -> bool:
    status = read_status(open_storage(output))
    progress = status.progress if status and status.step == "search" else {}
    return bool(progress.get("running")) and progress["activity"] != "describe"


def told(command: str, output: str) -> dict[str, Any]:
    done = CliRunner().invoke(kubenas, [command, output, "--json"])
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def resumed(config: Path) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, "run", config, "--json"], capture_output=True, text=True, timeout=540, check=False
    )
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def test_a_running_search_is_looked_at(run: Run) -> None:
    assert run.status["state"] == "running"
    assert [step["step"] for step in run.status["steps"]] == ["prepare", "search"]
    assert run.status["status"]["progress"]["total"] == TRIALS
    assert run.status["summary"] is None
    assert run.report["report"] == f"{run.output}/report.html"
    assert run.report["search"] == run.summary["search"]
    assert run.page.startswith("<!DOCTYPE html>")


def test_killed_in_the_search_it_resumes(run: Run) -> None:
    assert run.summary["trials"]["completed"] == TRIALS
    assert run.summary["model"].startswith(f"{run.output}/searches/")
    assert open_storage(run.summary["model"]).exists("1/saved_model.pb")
    records = Journal(run.storage, search_folder(run.summary["search"])).read()
    assert sorted(r.trial for r in records if isinstance(r, Ended)) == list(range(TRIALS))
    assert sum(isinstance(record, Opened) for record in records) == 2


def test_a_finished_run_is_looked_at(run: Run) -> None:
    assert json.loads(run.storage.read("summary.json")) == run.summary
    status = told("status", run.output)
    assert (status["state"], status["summary"]) == ("done", run.summary)
    assert told("report", run.output)["report"] == f"{run.output}/report.html"
    assert run.storage.read("report.html").decode() != run.page


def test_other_artifact_roots_repeat_nothing_and_hand_on_the_same(run: Run, tmp_path: Path) -> None:
    before = contents(run)
    handed_on = [
        run_below(root, load_config(run.config), tmp_path / str(number))
        for number, root in enumerate(ROOTS[run.scheme])
    ]
    assert contents(run) == before
    durable = [
        {name: each.kept_at for name, each in artifacts.items() if each.kept_at}
        for artifacts in handed_on
    ]
    search = join(run.output, search_folder(run.summary["search"]))
    assert durable[0] == durable[1]
    assert durable[0]["prepare/dataset"].startswith(join(run.output, "data"))
    assert durable[0]["train/saved_model"] == run.summary["model"]
    for name in ("leaderboard.json", "report.html", "model_card.md"):
        assert f"{search}/{name}" in durable[0].values()
        assert run.storage.exists(f"{search_folder(run.summary['search'])}/{name}")
    for root, artifacts in zip(ROOTS[run.scheme], handed_on, strict=True):
        # Kubeflow's launcher refuses any other.
        assert all(each.uri.startswith(f"{root}/") for each in artifacts.values())


def contents(run: Run) -> dict[str, bytes]:
    """All that a search stands on."""
    folders = ("data/", f"{search_folder(run.summary['search'])}/")
    return {
        info.name: run.storage.read(info.name)
        for folder in folders
        for info in run.storage.list(folder)
        if info.name.rpartition("/")[2] not in MADE_ANEW
    }
