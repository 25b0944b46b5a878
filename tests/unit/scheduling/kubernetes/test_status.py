"""Classification of Jobs and pods. cluster_statuses.json was recorded on Kubernetes 1.34."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from kubenas.scheduling.kubernetes.status import (
    Ended,
    Running,
    Waiting,
    classify,
    classify_deleted_pod,
    classify_refusal,
)
from kubenas.scheduling.kubernetes.views import job_view, pod_view
from kubenas.trial import AttemptRef, FailureClass

STATUSES = json.loads(Path(__file__).with_name("cluster_statuses.json").read_text())


def status_of(status: dict[str, Any]) -> Ended | Running | Waiting:
    job = job_view(status["job"])
    assert job is not None
    return classify(job, pod_view(status["pod"]) if status["pod"] else None)


@pytest.mark.parametrize(
    ("case", "failure", "words"),
    [
        ("complete", None, ""),
        (
            "exit7",
            FailureClass.APPLICATION,
            "exited with 7; last lines of its log: Traceback | ValueError",
        ),
        ("oom", FailureClass.HOST_OOM, "runner.pod.memory"),
        ("sigkill", FailureClass.NODE_LOSS, "killed by signal 9"),
        ("storage", FailureClass.STORAGE, "exited with 75; last lines of its log: disk full"),
        ("deadline", FailureClass.DEADLINE, "exceeded the deadline"),
        ("evicted", FailureClass.DISRUPTION, "EvictionByEvictionAPI"),
        ("suspended", FailureClass.DISRUPTION, "143"),
        ("scratch", FailureClass.APPLICATION, "raise runner.pod.scratch"),
    ],
)
def test_ended_attempts(case: str, failure: FailureClass | None, words: str) -> None:
    found = status_of(STATUSES[case])
    assert isinstance(found, Ended)
    assert found.failure == failure
    assert words in found.message
    assert "\n" not in found.message


@pytest.mark.parametrize(
    ("case", "failure", "words"),
    [
        ("image", FailureClass.IMAGE, "nosuch:1: not found"),
        ("secret", FailureClass.CONFIGURATION, 'secret "absent" not found'),
        ("gpu", None, "Insufficient nvidia.com/gpu"),
        ("creating", None, "pulling the image"),
        ("no pod yet", None, "pod is being created"),
    ],
)
def test_waiting_attempts(case: str, failure: FailureClass | None, words: str) -> None:
    found = status_of(STATUSES[case])
    assert isinstance(found, Waiting)
    assert found.failure == failure
    assert words in found.reason


@pytest.mark.parametrize("case", ["running", "terminating"])
def test_running_attempts(case: str) -> None:
    assert status_of(STATUSES[case]) == Running()


def running_with(**status: Any) -> dict[str, Any]:
    changed = copy.deepcopy(STATUSES["running"])
    changed["pod"]["status"] |= status
    return changed


def exited_with(code: int, **terminated: Any) -> dict[str, Any]:
    state = {"terminated": {"exitCode": code, "startedAt": "2026-01-01T00:00:00Z", **terminated}}
    return running_with(phase="Failed", containerStatuses=[{"name": "trial", "state": state}])


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (exited_with(2), FailureClass.CONFIGURATION),
        (exited_with(127), FailureClass.CONFIGURATION),
        (exited_with(128, reason="StartError"), FailureClass.CONFIGURATION),
        (exited_with(143), FailureClass.DISRUPTION),
        (exited_with(139), FailureClass.NODE_LOSS),
        (exited_with(1), FailureClass.APPLICATION),
        (exited_with(137, reason="ContainerStatusUnknown"), FailureClass.NODE_LOSS),
        (running_with(phase="Failed", reason="NodeLost"), FailureClass.NODE_LOSS),
        (running_with(phase="Failed", reason="OutOfcpu"), FailureClass.DISRUPTION),
        (running_with(phase="Failed", reason="UnexpectedAdmissionError"), FailureClass.DISRUPTION),
        (
            running_with(phase="Failed", reason="Evicted", message="The node was low on memory"),
            FailureClass.DISRUPTION,
        ),
    ],
)
def test_rare_ends(status: dict[str, Any], failure: FailureClass) -> None:
    found = status_of(status)
    assert isinstance(found, Ended)
    assert found.failure == failure


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("PreemptionByScheduler", FailureClass.DISRUPTION),
        ("TerminationByKubelet", FailureClass.DISRUPTION),
        ("DeletionByTaintManager", FailureClass.NODE_LOSS),
        ("DeletionByPodGC", FailureClass.NODE_LOSS),
    ],
)
def test_deleted_pods(reason: str, failure: FailureClass) -> None:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason}
    pod = running_with(conditions=[condition])["pod"]
    assert classify_deleted_pod(pod_view(pod)).failure == failure


def test_suspended_job_waits_or_is_disrupted() -> None:
    waiting = copy.deepcopy(STATUSES["no pod yet"])
    waiting["job"]["spec"]["suspend"] = True
    found = status_of(waiting)
    assert isinstance(found, Waiting)
    assert found.reason.startswith("queued")
    running = running_with()
    running["job"]["spec"]["suspend"] = True
    found = status_of(running)
    assert isinstance(found, Ended)
    assert found.failure == FailureClass.DISRUPTION


@pytest.mark.parametrize(
    ("message", "over_quota", "failure"),
    [
        (
            'jobs.batch "nas-s-t00000-a1" is forbidden: exceeded quota: full, requested:'
            " count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0",
            True,
            None,
        ),
        (
            'Error creating: pods "nas-s-t00000-a1-" is forbidden: error looking up service account'
            ' n/absent: serviceaccount "absent" not found',
            False,
            FailureClass.CONFIGURATION,
        ),
        ("Internal error occurred: failed calling webhook: context deadline exceeded", False, None),
    ],
)
def test_rejected_requests(message: str, over_quota: bool, failure: FailureClass | None) -> None:
    waiting = classify_refusal(message)
    assert (waiting.over_quota, waiting.failure) == (over_quota, failure)


def test_job_is_identified_by_its_labels() -> None:
    content = STATUSES["complete"]["job"]
    job = job_view(content)
    assert job is not None
    assert job.ref == AttemptRef(trial=58, attempt=1)
    stripped = copy.deepcopy(content)
    del stripped["metadata"]["labels"]["kubenas/trial"]
    assert job_view(stripped) is None


def test_status_of_the_trial_container_counts() -> None:
    status = copy.deepcopy(STATUSES["exit7"])
    other = {"name": "other", "state": {"terminated": {"exitCode": 1}}}
    status["pod"]["status"]["containerStatuses"].insert(0, other)
    found = status_of(status)
    assert isinstance(found, Ended)
    assert "exited with 7" in found.message


def test_image_digest_of_the_trial_container() -> None:
    pod = copy.deepcopy(STATUSES["complete"]["pod"])
    (ours,) = pod["status"]["containerStatuses"]
    ours["imageID"] = "registry.example/trainer@sha256:1"
    pod["status"]["containerStatuses"] = [{**ours, "name": "proxy", "imageID": "other"}, ours]
    assert pod_view(pod).image == "registry.example/trainer@sha256:1"
    del ours["imageID"]
    assert pod_view(pod).image is None
