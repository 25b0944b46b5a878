"""A search step in a pod with real trainings: one controller at a time, no trials without one."""

import json
import time
from collections.abc import Callable

import pytest

from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import AttemptLost, Closed, Opened, Record
from kubenas.search.journal.state import fold
from kubenas.search.layout import search_folder
from kubenas.steps.setup.context import RunContext
from kubenas.storage import Storage
from kubenas.trial import FailureClass, Outcome
from tests.cluster.namespace import TRIAL, Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.pipeline_runner import PipelineRunner

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.heavy,
    pytest.mark.fault,
    pytest.mark.timeout(1500),
]

TRIALS, GPU, HEARTBEAT = 2, "nvidia.com/gpu", 15
LONG_HEARTBEAT = 90
"""Within which a search that was deleted is back, on whatever machine the tests run."""
OF_TRIALS = ("--selector", "app.kubernetes.io/component=trial,kubenas/task=train")
RUNNING = ("--field-selector", "status.phase=Running")
TASK = {"resources": {"limits": {GPU: "1", "memory": "2Gi"}, "requests": {"cpu": "200m"}}}
"""As someone sets it on the search's task in Kubeflow."""


def parameters(output: Storage, heartbeat: float) -> dict[str, object]:
    return {
        "search_name": "digits",
        "output_uri": output.uri,
        "data_source": "digits",
        "network_space": "layers",
        "search_algorithm": "random",
        "max_trials": TRIALS,
        "max_search_seconds": "300",
        "epochs_per_trial": 100_000,
        "trials_at_once": TRIALS,
        "settings": f"{{training: {{patience: 0}}, runner: {{heartbeat_seconds: {heartbeat},"
        " pod: {shared_memory: 64Mi}}}",
    }


@pytest.fixture
def pipeline(
    namespace: Namespace, store: ObjectStore, output: Storage, request: pytest.FixtureRequest
) -> PipelineRunner:
    values = parameters(output, float(getattr(request, "param", HEARTBEAT)))
    pipeline = PipelineRunner(namespace, store, values, task_config={"search": TASK})
    pipeline.run_tasks(until="search")
    return pipeline


def records(pipeline: PipelineRunner, output: Storage) -> list[Record]:
    run = pipeline.outputs["prepare"]["parameters"]["run"]
    return Journal(output, search_folder(RunContext.from_json(run.encode()).search_id)).read()


def wait_until(namespace: Namespace, condition: Callable[[], bool], seconds: float = 240.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, namespace.describe()
        time.sleep(0.5)


@pytest.mark.parametrize(
    "how", [("--force", "--grace-period=0"), ("--grace-period=3",)], ids=["killed", "terminated"]
)
def test_trials_outlive_their_search_and_not_its_silence(
    pipeline: PipelineRunner, namespace: Namespace, output: Storage, how: tuple[str, ...]
) -> None:
    first = pipeline.start("search")
    wait_until(namespace, lambda: len(namespace.get("pods", *OF_TRIALS, *RUNNING)) == TRIALS)
    for pod in namespace.get("pods", *OF_TRIALS):
        assert pod["spec"]["serviceAccountName"] == TRIAL  # by the namespace's defaults
        assert pod["spec"]["containers"][0]["resources"]["limits"] == {"memory": "2Gi", GPU: "1"}
    time.sleep(HEARTBEAT * 1.5)  # they see its heartbeat
    assert len(namespace.get("pods", *OF_TRIALS, *RUNNING)) == TRIALS

    namespace.kubectl("delete", "pod", first, *how)
    gone_at = time.monotonic()
    time.sleep(HEARTBEAT / 3)
    assert len(namespace.get("pods", *OF_TRIALS, *RUNNING)) == TRIALS
    wait_until(namespace, lambda: not namespace.get("pods", *OF_TRIALS, *RUNNING))
    print(f"all trials had ended {time.monotonic() - gone_at:.0f} s after their search")  # noqa: T201

    pipeline.finish("search", pipeline.start("search"))
    found = records(pipeline, output)
    assert [each.epoch for each in found if isinstance(each, Opened)] == [1, 2]
    lost = [each for each in found if isinstance(each, AttemptLost)]
    assert {each.failure for each in lost} == {FailureClass.DISRUPTION}
    assert all("no heartbeat" in each.message for each in lost)
    assert len(lost) == TRIALS
    assert len(fold(found).ended(Outcome.COMPLETED)) == TRIALS
    for number in range(TRIALS):
        (spec,) = (
            json.loads(output.read(info.name))
            for info in output.list("searches/")
            if info.name.endswith(f"trials/{number:05d}/a2/spec.json")
        )
        assert spec["resume_from"].endswith(f"trials/{number:05d}/a1/checkpoint")
    assert not namespace.get("jobs")


@pytest.mark.parametrize("pipeline", [LONG_HEARTBEAT], indirect=True, ids=["heartbeat-90"])
def test_of_two_steps_with_one_search_one_runs_and_a_retry_adopts(
    pipeline: PipelineRunner, namespace: Namespace, output: Storage
) -> None:
    first = pipeline.start("search")
    wait_until(namespace, lambda: len(namespace.get("pods", *OF_TRIALS, *RUNNING)) == TRIALS)
    second = pipeline.start("search")
    assert namespace.wait_for_pod(second) == "Failed"
    *_, last, _launchers = namespace.kubectl("logs", second).splitlines()
    assert last.startswith("Error: ")
    uid = namespace.get("pod", first)["metadata"]["uid"]
    assert f"{uid} is running this search; wait until it ends" in last
    jobs = {job["metadata"]["uid"] for job in namespace.get("jobs", *OF_TRIALS)}

    namespace.kubectl("delete", "pod", first, "--wait=false")
    pipeline.finish("search", pipeline.start("search"))
    found = records(pipeline, output)
    assert isinstance(found[-1], Closed)
    assert not [each for each in found if isinstance(each, AttemptLost)]
    assert len(jobs) == TRIALS
    assert len(fold(found).ended(Outcome.COMPLETED)) == TRIALS
