"""Faults of pods, nodes and the API server.

Each attempt ends once, with the expected failure class, and leaves no Job and no pod.
"""

import json
import time

import pytest

from kubenas.scheduling.kubernetes.runner import KubernetesRunner
from kubenas.trial import AttemptEvent, AttemptRef, FailureClass
from tests.cluster.namespace import Namespace
from tests.contracts.runner.waiting import PATIENCE, ended, wait_for, waiting

pytestmark = [pytest.mark.cluster, pytest.mark.fault]


@pytest.fixture(autouse=True)
def nothing_is_left(namespace: Namespace):
    """Checks after each test that no Job and no pod is left."""
    yield
    until = time.monotonic() + PATIENCE
    while left := namespace.get("jobs,pods"):
        assert time.monotonic() < until, [each["metadata"]["name"] for each in left]
        time.sleep(0.5)


def pod_name(namespace: Namespace) -> str:
    (pod,) = namespace.get("pods")
    return str(pod["metadata"]["name"])


def end(runner: KubernetesRunner, ref: AttemptRef) -> AttemptEvent:
    """Returns the only end of the attempt, after which the runner is closed."""
    (event,) = ended(runner, seconds=2 * PATIENCE)
    assert event.ref == ref
    assert not any(other.kind == "ended" for other in runner.poll(1.0))
    runner.close()
    return event


DISRUPTED = {FailureClass.DISRUPTION}
LOST = {FailureClass.DISRUPTION, FailureClass.NODE_LOSS}
"""Both are retried alike. The class depends on whether the deletion of the pod was observed."""


@pytest.mark.parametrize(
    ("command", "failures"),
    [
        ("delete pod POD --wait=false", DISRUPTED),
        ("delete pod POD --force --grace-period=0", LOST),
        ("delete job --all --wait=false", DISRUPTED),
        ("delete job --all --cascade=foreground --wait=false", DISRUPTED),
        ('patch job JOB --patch {"spec":{"suspend":true}}', DISRUPTED),
    ],
)
def test_what_is_taken_from_a_running_attempt(make_runner, make_spec, namespace, command, failures):
    runner, spec = make_runner(), make_spec("hang")
    runner.start(spec)
    wait_for(spec, "running")
    pod = pod_name(namespace)
    namespace.kubectl(*command.replace("POD", pod).replace("JOB", pod.rpartition("-")[0]).split())
    assert end(runner, spec.ref).failure in failures


def test_an_evicted_attempt_is_disrupted(make_runner, make_spec, namespace, tmp_path):
    runner, spec = make_runner(), make_spec("hang")
    runner.start(spec)
    wait_for(spec, "running")
    pod = pod_name(namespace)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    file = tmp_path / "eviction.json"
    file.write_text(json.dumps(eviction))
    path = f"/api/v1/namespaces/{namespace.name}/pods/{pod}/eviction"
    namespace.kubectl("create", "--raw", path, "-f", str(file))
    event = end(runner, spec.ref)
    assert event.failure == FailureClass.DISRUPTION
    assert "EvictionByEvictionAPI" in event.message


def test_an_attempt_that_needs_more_memory_gets_more(make_runner, make_spec, namespace):
    runner = make_runner(pod={"memory": "160Mi", "memory_growth": 4.0})
    spec = make_spec("eat-memory")
    runner.start(spec)
    (event,) = ended(runner)
    assert event.failure == FailureClass.HOST_OOM
    again = spec.model_copy(update={"attempt": 2, "prefix": f"{spec.prefix[:-1]}2", "host_ooms": 1})
    runner.start(again)
    assert end(runner, again.ref).failure is None


@pytest.mark.parametrize(
    ("pod", "failure", "words"),
    [
        ({"image": "localhost:5000/kubenas/trainer:absent"}, FailureClass.IMAGE, "absent"),
        ({"image": "Not/A::name"}, FailureClass.IMAGE, "InvalidImageName"),
        ({"secrets": ("absent",)}, FailureClass.CONFIGURATION, 'secret "absent" not found'),
        ({"service_account": "absent"}, FailureClass.CONFIGURATION, '"absent" not found'),
        ({"priority_class": "absent"}, FailureClass.CONFIGURATION, "PriorityClass"),
        ({"affinity": {"podAffinity": 7}}, FailureClass.CONFIGURATION, "Job rejected"),
    ],
)
def test_what_no_attempt_can_run_with(make_runner, make_spec, pod, failure, words):
    runner, spec = make_runner(pod=pod), make_spec()
    runner.start(spec)
    event = end(runner, spec.ref)
    assert event.failure == failure
    assert words in event.message


def test_more_gpus_than_there_are_end_the_wait_with_the_reason(make_runner, make_spec):
    pod = {"accelerator": "nvidia.com/gpu", "accelerators": 64}
    runner, spec = make_runner(pod=pod, runner={"queue_seconds": 10}), make_spec()
    runner.start(spec)
    waiting(runner, "Insufficient nvidia.com/gpu")
    event = end(runner, spec.ref)
    assert event.failure == FailureClass.QUOTA
    assert "Insufficient nvidia.com/gpu" in event.message


@pytest.mark.parametrize("resource", ["pods", "count/jobs.batch"])
def test_a_full_quota_holds_attempts_back_until_there_is_room(
    make_runner, make_spec, namespace, resource
):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}}
    namespace.apply({**quota, "spec": {"hard": {resource: "0"}}})
    namespace.kubectl("wait", "--for=jsonpath={.status.hard}", "quota/full", "--timeout=60s")
    runner, spec = make_runner(8), make_spec()
    runner.start(spec)
    waiting(runner, "exceeded quota")
    assert runner.capacity == 1
    namespace.kubectl("delete", "quota", "full")
    assert end(runner, spec.ref).failure is None
    assert runner.capacity == 8


@pytest.mark.heavy
def test_a_node_that_is_tainted_is_left(make_runner, make_spec, namespace):
    runner, spec = make_runner(), make_spec("hang")
    runner.start(spec)
    wait_for(spec, "running")
    (pod,) = namespace.get("pods")
    node = pod["spec"]["nodeName"]
    namespace.kubectl("taint", "node", node, "kubenas-test=out:NoExecute")
    try:
        event = end(runner, spec.ref)
    finally:
        namespace.kubectl("taint", "node", node, "kubenas-test-")
    assert event.failure == FailureClass.NODE_LOSS
    assert "taint" in event.message.lower()


@pytest.mark.heavy
def test_a_dead_node_is_given_up_and_its_pod_removed_by_force(
    make_runner, make_spec, namespace, components
):
    runner, spec = make_runner(), make_spec("hang")
    runner.start(spec)
    wait_for(spec, "running")
    (pod,) = namespace.get("pods")
    with components.paused(f"kubelet-{pod['spec']['nodeName']}"):
        event = end(runner, spec.ref)
    assert event.failure == FailureClass.NODE_LOSS


@pytest.mark.heavy
def test_the_api_server_may_be_away_for_a_minute(make_runner, make_spec, components):
    runner = make_runner(3)
    running, ending, new = make_spec("hang"), make_spec(trial=1), make_spec(trial=2)
    runner.start(running)
    runner.start(ending)
    wait_for(running, "running")
    with components.stopped("kube-apiserver"):
        runner.start(new)
        until = time.monotonic() + 60.0
        heard = []
        while time.monotonic() < until:
            heard += runner.poll(1.0)
    # The Job controller resumes minutes after the API server.
    heard += ended(runner, 2 - sum(event.kind == "ended" for event in heard), seconds=300.0)
    assert sorted(event.ref.trial for event in heard if event.kind == "ended") == [1, 2]
    assert all(event.failure is None for event in heard)
    runner.stop(running.ref)
    assert end(runner, running.ref).failure == FailureClass.DISRUPTION
