"""``kubenas submit --wait`` against a server that changes the state of the run."""

from pathlib import Path

import pytest
import yaml
from click.testing import Result

from kubenas.cli.kubeflow.run_states import TASKS
from kubenas.cli.kubeflow.waiting import follow_run, pod_start
from kubenas.cli.package import package_text
from kubenas.steps.process.outcome import StepOutcome
from kubenas.storage import open_storage
from tests.pipelines.kubeflow.conftest import Kubenas, answer, write_yaml
from tests.pipelines.kubeflow.going import going
from tests.pipelines.kubeflow.objects import Object, move
from tests.pipelines.kubeflow.server import KubeflowPipelines
from tests.pipelines.kubeflow.workflows import manifest, pod_name

BROKE = "main: Error (exit code 1)"
LOG = b"""\
step 1 of 3
Error: data.source: gs://bucket/x.npz: no such object
F1129 09:00:02.000002      21 main.go:59] failed to execute component: exit status 2
Error: exit status 1
"""
PULL = 'ErrImagePull: failed to pull and unpack image "reg/nas:1": not found'


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_run, "LOOK_SECONDS", 0.05)


@pytest.fixture
def search_yaml(tmp_path: Path) -> Path:
    """A search.yaml with an output that this machine cannot read."""
    content = {"name": "a", "output": "gs://bucket/far", "data": {"source": "digits"}}
    return write_yaml(tmp_path / "search.yaml", content)


def test_the_tasks_that_are_told_of_are_the_pipelines() -> None:
    package = next(iter(yaml.safe_load_all(package_text())))
    components = (package["root"], *package["components"].values())
    dags = [each["dag"]["tasks"] for each in components if "dag" in each]
    steps = {task for tasks in dags for task in tasks if not task.startswith("condition-")}
    assert steps == set(TASKS)


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


def failed(run: Kubenas, pipelines: KubeflowPipelines, file: Path, message: str = BROKE) -> Result:
    """A run whose first step's pod ended with ``message``."""

    def leave(made: Object) -> None:
        pipelines.workflows[made["run_id"]] = manifest("prepare", "Failed", message)

    with going(pipelines, ["RUNNING", "FAILED"], leave):
        return run("submit", file, "--wait", "--json")


def only_line(done: Result, exit_code: int = 1) -> str:
    assert done.exit_code == exit_code, done.output
    (line,) = done.stderr.splitlines()
    return line


def test_a_failed_steps_own_error_is_told_from_its_log(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.logs[pod_name("prepare")] = LOG
    done = failed(run, pipelines, search_yaml)
    page = answer(done)["url"]
    said = "prepare: data.source: gs://bucket/x.npz: no such object"
    assert only_line(done) == f"kubenas: {said} ({page})"
    assert answer(done)["state"] == "FAILED"


def test_through_the_user_interface_the_log_is_at_its_address(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.behind_ui = True
    pipelines.logs[pod_name("prepare")] = LOG
    assert "no such object" in only_line(failed(run, pipelines, search_yaml))


def test_of_a_very_long_log_the_end_is_kept(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.logs[pod_name("prepare")] = b"Error: no\n" + b"word " * 1_000_000 + b"\n" + LOG
    assert "no such object" in only_line(failed(run, pipelines, search_yaml))


@pytest.mark.parametrize("message", ["main: OOMKilled (exit code 137)", "pod deleted"])
def test_what_kubernetes_did_to_a_step_is_told(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path, message: str
) -> None:
    pipelines.logs[pod_name("prepare")] = b"step 1\nError: exit status 137\n"
    assert f"prepare: {message} (http" in only_line(failed(run, pipelines, search_yaml, message))


@pytest.mark.parametrize("statuses", [[], [404], [500], [503], [401, 401]])
def test_without_its_log_a_failed_step_is_named_and_how_it_ended(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path, statuses: list[int]
) -> None:
    pipelines.fail["GET /apis/v1alpha1/runs/"] = statuses
    logs = f"kubectl logs -n team {pod_name('prepare')} -c main"
    told = f"prepare: {BROKE}; '{logs}' shows its log (http"
    assert told in only_line(failed(run, pipelines, search_yaml))


def test_a_token_that_expires_while_the_log_is_read_is_renewed(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.logs[pod_name("prepare")] = LOG
    pipelines.fail["GET /apis/v1alpha1/runs/"] = [401]
    assert "no such object" in only_line(failed(run, pipelines, search_yaml))


def test_a_server_that_knows_nothing_of_pods_names_the_step(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.fail["GET /apis/v1beta1/runs/"] = [404] * 10
    with going(pipelines, ["RUNNING", "FAILED"]):
        done = run("submit", search_yaml, "--wait")
    assert "the run failed in prepare; see http" in only_line(done)


def test_a_run_that_was_terminated_did_not_fail(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.logs[pod_name("prepare")] = b"Error: interrupted\n"
    with going(pipelines, ["RUNNING", "CANCELING", "FAILED"]):
        done = run("submit", search_yaml, "--wait", "--json")
    assert only_line(done) == f"kubenas: the run was terminated; see {answer(done)['url']}"


def test_a_run_that_was_terminated_at_once(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    def leave(made: Object) -> None:
        pipelines.workflows[made["run_id"]] = manifest("prepare", "Failed", BROKE, terminated=True)

    with going(pipelines, ["FAILED"], leave):
        assert "the run was terminated" in only_line(run("submit", search_yaml, "--wait"))


def test_a_retry_of_a_terminated_run_that_fails_has_failed(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    def leave(made: Object) -> None:
        move(made, "CANCELING")
        move(made, "RUNNING")

    with going(pipelines, ["FAILED"], leave):
        assert "the run failed" in only_line(run("submit", search_yaml, "--wait"))


def test_a_run_that_is_deleted_while_it_is_waited_for(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    with going(pipelines, ["RUNNING"], lambda _: pipelines.runs.clear()):
        assert "the run was deleted" in only_line(run("submit", search_yaml, "--wait"))


def stuck(pipelines: KubeflowPipelines, made: Object, message: str) -> None:
    pipelines.workflows[made["run_id"]] = manifest("prepare", "Pending", message)


def test_an_image_that_cannot_be_pulled_is_told_in_kubernetes_words_and_ends_the_wait(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    search_yaml: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(monkeypatch)
    with going(pipelines, ["PENDING"], lambda made: stuck(pipelines, made, PULL)):
        done = run("submit", search_yaml, "--wait")
    line = only_line(done, exit_code=2)
    assert PULL in line
    assert "terminate the run at http" in line
    assert [said for said in done.stdout.splitlines() if PULL in said] == [
        f"prepare     cannot start: {PULL}"
    ]


def test_a_pod_without_a_node_is_told_once_and_waited_for(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    search_yaml: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(monkeypatch)
    words = "Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
    with going(
        pipelines,
        ["PENDING", "PENDING", "PENDING", "SUCCEEDED"],
        lambda made: stuck(pipelines, made, words),
    ):
        done = run("submit", search_yaml, "--wait")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.count(words) == 1


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_AFTER", "LOOK_EVERY", "TELL_AFTER", "GIVE_UP"):
        monkeypatch.setattr(pod_start, f"{name}_SECONDS", 0.01)


def test_an_interrupt_leaves_the_run_alone(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    search_yaml: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kubenas.cli.kubeflow.waiting.follow_run.time.sleep", interrupted)
    done = run("submit", search_yaml, "--wait")
    assert done.exit_code == 130
    assert f"the run continues: {run_page(done.stdout)}" in done.stderr
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
    with going(pipelines, ["RUNNING", "FAILED"], lambda _: leave("all trials failed")):
        done = run("submit", file, "--wait")
    assert "search: all trials failed" in only_line(done)
