"""Run time charged to an attempt, from statuses recorded on Kubernetes 1.34."""

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kubenas.scheduling.kubernetes import attempt as kubernetes_attempt
from kubenas.scheduling.kubernetes.attempt import TrackedAttempt
from kubenas.scheduling.kubernetes.informer import Update
from kubenas.scheduling.kubernetes.status import Ended, classify
from kubenas.scheduling.kubernetes.views import job_view, pod_view
from kubenas.trial import AttemptRef, FailureClass

STATUSES = json.loads(Path(__file__).with_name("cluster_statuses.json").read_text())
NOW = datetime.fromisoformat("2026-11-25T12:00:00Z").timestamp()
"""Hours after all recorded events: the controller was not running in the meantime."""


@pytest.fixture(autouse=True)
def _late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_attempt.time, "time", lambda: NOW)


def seen(*statuses: dict[str, Any]) -> TrackedAttempt:
    """Returns an attempt after these statuses were observed in turn."""
    attempt = TrackedAttempt(name="j", ref=AttemptRef(trial=0, attempt=1))
    for status in statuses:
        attempt.apply(Update("j", job=job_view(status["job"])))
        if status["pod"]:
            attempt.apply(Update("j", pod=pod_view(status["pod"])))
    return attempt


@pytest.mark.parametrize(
    ("case", "seconds"),
    [
        ("exit7", 1.0),
        ("oom", 2.0),
        ("deadline", 3.0),
        ("evicted", 29.0),
        ("suspended", 26.0),
        ("scratch", 49.0),
        ("gpu", 0.0),
        ("image", 0.0),
        ("secret", 0.0),
        ("no pod yet", 0.0),
    ],
)
def test_run_time_of_the_container(case: str, seconds: float) -> None:
    assert seen(STATUSES[case]).seconds == seconds


def test_earlier_states_do_not_change_the_run_time() -> None:
    assert seen(STATUSES["gpu"], STATUSES["running"], STATUSES["oom"]).seconds == 2.0


def changed(case: str, **status: Any) -> dict[str, Any]:
    content = copy.deepcopy(STATUSES[case])
    content["pod"]["status"] |= status
    return content


def forgotten() -> dict[str, Any]:
    ended = {"exitCode": 137, "reason": "ContainerStatusUnknown"}
    statuses = [{"name": "trial", "state": {"terminated": ended | {"startedAt": None}}}]
    return changed("terminating", phase="Failed", containerStatuses=statuses)


def test_lost_container_state_uses_the_earlier_start() -> None:
    began = datetime.fromisoformat("2026-11-25T08:45:23Z").timestamp()
    deletion_deadline = datetime.fromisoformat("2026-11-25T08:46:49Z").timestamp()
    assert seen(STATUSES["running"], forgotten()).seconds == deletion_deadline - began
    assert seen(forgotten()).seconds is None


def test_run_time_without_a_pod_is_unknown() -> None:
    assert seen({"job": STATUSES["evicted"]["job"], "pod": None}).seconds is None


def test_failed_start_has_no_run_time() -> None:
    ended = {"exitCode": 128, "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z"}
    ended |= {"finishedAt": "2026-11-25T08:46:10Z"}
    status = changed("exit7", containerStatuses=[{"name": "trial", "state": {"terminated": ended}}])
    assert seen(status).seconds == 0.0
    assert seen(status).started_at is None


def status_of(status: dict[str, Any]) -> Ended:
    job = job_view(status["job"])
    assert job is not None
    status = classify(job, pod_view(status["pod"]))
    assert isinstance(status, Ended)
    return status


def test_deadline_during_a_slow_pull_is_a_disruption() -> None:
    """The pod's deadline counts from before the image is pulled."""
    cut = copy.deepcopy(STATUSES["deadline"])
    assert status_of(cut).failure == FailureClass.DEADLINE
    cut["job"]["metadata"]["annotations"]["kubenas/max-seconds"] = "60.0"
    assert status_of(cut).failure == FailureClass.DISRUPTION
    assert "3 s of 60 s" in status_of(cut).message
    pulled = changed("image", phase="Failed", reason="DeadlineExceeded")
    assert status_of(pulled).failure == FailureClass.DISRUPTION


def test_time_limit_counts_from_the_start_of_the_container() -> None:
    running = copy.deepcopy(STATUSES["running"])
    running["job"]["metadata"]["annotations"]["kubenas/max-seconds"] = "60.0"
    assert seen(running).check_run_limit() is not None
    waiting = changed("gpu")
    waiting["job"]["metadata"]["annotations"]["kubenas/max-seconds"] = "60.0"
    assert seen(waiting).check_run_limit() is None
