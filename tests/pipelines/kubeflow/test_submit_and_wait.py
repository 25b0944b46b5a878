"""``kubenas submit --wait``: a run that somebody else brings to its end is followed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from kubenas.cli.kubeflow import following
from kubenas.steps.outcome import StepOutcome
from kubenas.storage import open_storage
from tests.pipelines.kubeflow.conftest import Kubenas, answer, write_yaml
from tests.pipelines.kubeflow.server import KubeflowPipelines


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.05)


def test_waiting_tells_each_change_once_and_survives_the_servers_absence(
    run: Kubenas, pipelines: KubeflowPipelines, tmp_path: Path, bucket: str
) -> None:
    content = {"name": "a", "output": f"{bucket}/waited", "data": {"source": "digits"}}
    pipelines.fail["GET /apis/v2beta1/runs/"] = [503, 500]
    with going(pipelines, ["RUNNING", "RUNNING", "SUCCEEDED"]):
        done = run("submit", write_yaml(tmp_path / "search.yaml", content), "--wait")
    assert done.exit_code == 0, done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    states = [line for line in told if line[0] in ("run", "prepare") and len(line) == 2]
    assert states == [
        ["run", "pending"], ["run", "running"], ["prepare", "running"],
        ["run", "succeeded"], ["prepare", "succeeded"],
    ]  # fmt: skip


def test_waiting_for_a_run_that_fails(
    run: Kubenas, pipelines: KubeflowPipelines, tmp_path: Path, bucket: str
) -> None:
    content = {"name": "a", "output": f"{bucket}/failing", "data": {"source": "digits"}}
    file = write_yaml(tmp_path / "search.yaml", content)
    with going(pipelines, ["RUNNING", "FAILED"]):
        done = run("submit", file, "--wait", "--json")
    assert done.exit_code == 1
    assert "the run failed in prepare" in done.stderr
    assert pipelines.runs[0]["run_id"] in done.stderr
    assert answer(done)["state"] == "FAILED"


def test_an_interrupt_leaves_the_run_alone(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    tmp_path: Path,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    content = {"name": "a", "output": f"{bucket}/left", "data": {"source": "digits"}}
    monkeypatch.setattr("kubenas.cli.kubeflow.following.time.sleep", interrupted)
    done = run("submit", write_yaml(tmp_path / "search.yaml", content), "--wait")
    assert done.exit_code == 130
    assert f"the run goes on: {run_page(done.stdout)}" in done.stderr
    assert len(pipelines.runs) == 1


def run_page(said: str) -> str:
    (page,) = [line.split()[1] for line in said.splitlines() if line.startswith("see ")]
    return page


def test_the_failed_steps_own_words_are_told_but_not_those_of_an_earlier_run(
    run: Kubenas, pipelines: KubeflowPipelines, tmp_path: Path, bucket: str
) -> None:
    output = open_storage(f"{bucket}/words")
    content = {"name": "a", "output": output.uri, "data": {"source": "digits"}}
    file = write_yaml(tmp_path / "search.yaml", content)

    def leave(message: str) -> None:
        outcome = StepOutcome(step="search", state="failed", key="k", message=message, exit_code=1)
        output.write("steps/search.json", outcome.to_json())

    leave("an old story")
    with going(pipelines, ["FAILED"]):
        assert "an old story" not in run("submit", file, "--wait").stderr
    with going(pipelines, ["RUNNING", "FAILED"], meanwhile=lambda: leave("all trials failed")):
        done = run("submit", file, "--wait")
    assert done.exit_code == 1
    assert "search: all trials failed" in done.stderr


@contextmanager
def going(
    pipelines: KubeflowPipelines,
    states: list[str],
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """While entered, the next run goes through ``states``, each after the one before was seen."""
    before, over = len(pipelines.runs), threading.Event()

    def wait_until(true: Callable[[], bool]) -> None:
        until = time.monotonic() + 60
        while not true() and time.monotonic() < until and not over.is_set():
            time.sleep(0.01)

    def go() -> None:
        wait_until(lambda: len(pipelines.runs) > before)
        made = pipelines.runs[-1]
        path = f"/runs/{made['run_id']}"
        for state in states:
            enough = pipelines.count("GET", path) + 3
            wait_until(partial(lambda enough: pipelines.count("GET", path) >= enough, enough))
            meanwhile()
            nodes = (
                "kubenas-x7k2p",
                "root",
                "root-driver",
                "prepare-driver",
                "prepare",
                "executor",
            )
            details = [{"display_name": name, "state": state} for name in nodes]
            made["run_details"] = {"task_details": details}
            made["state"] = state

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()
