"""The whole pipeline with its output in a bucket on a real server: killed, resumed, looked at."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.search.journal import Journal
from kubenas.search.layout import search_folder
from kubenas.search.records import Ended, Opened
from kubenas.steps.status import read_status
from kubenas.storage import open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server

pytestmark = pytest.mark.timeout(900)  # the whole pipeline, also on a busy machine

KUBENAS = Path(sys.executable).with_name("kubenas")
OUTPUT = f"gs://{BUCKET}/teams/vision/digits"
TRIALS = 2


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("bucket")
    file = folder / "search.yaml"
    content = {
        "name": "bucket",
        "output": OUTPUT,
        "data": {"source": "digits"},
        "search": {"oracle": "random", "max_trials": TRIALS},
        "training": {"epochs": 3, "patience": 0},
        "retrain": {"candidates": 1, "seeds": 1},
    }
    file.write_text(json.dumps(content))
    with fake_gcs_server() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("KUBENAS_CACHE", str(folder / "cache/objects"))
        yield file


def kubenas(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KUBENAS, *arguments, "--json"], capture_output=True, text=True, timeout=540, check=False
    )


def test_killed_in_the_search_it_resumes_from_the_bucket(config: Path) -> None:
    kill_in_the_search(config)
    done = kubenas("run", config)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["trials"]["completed"] == TRIALS
    assert summary["model"].startswith(f"{OUTPUT}/searches/")
    storage = open_storage(OUTPUT)
    assert json.loads(storage.read("summary.json")) == summary
    assert open_storage(summary["model"]).exists("1/saved_model.pb")
    records = Journal(storage, search_folder(summary["search"])).read()
    assert sorted(r.trial for r in records if isinstance(r, Ended)) == list(range(TRIALS))
    assert sum(isinstance(record, Opened) for record in records) == 2
    told = json.loads(kubenas("status", OUTPUT).stdout)
    assert (told["state"], told["summary"]) == ("done", summary)
    assert json.loads(kubenas("report", OUTPUT).stdout)["report"] == f"{OUTPUT}/report.html"


def kill_in_the_search(config: Path) -> None:
    run = subprocess.Popen([KUBENAS, "run", config], start_new_session=True)
    until = time.monotonic() + 200
    try:
        while time.monotonic() < until and run.poll() is None and not a_trial_runs():
            time.sleep(0.3)
        assert a_trial_runs()
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def a_trial_runs() -> bool:
    status = read_status(open_storage(OUTPUT))
    progress = status.progress if status and status.step == "search" else {}
    return bool(progress.get("running")) and progress["activity"] != "describe"
