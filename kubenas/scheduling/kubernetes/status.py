"""Classification of a Job and its pod as a waiting, running or ended attempt. Pure.

The exit codes are those of kubenas.training.worker.
"""

import re
from dataclasses import dataclass

from kubenas.scheduling.kubernetes.usage import CLOCK_RESOLUTION_SECONDS
from kubenas.scheduling.kubernetes.views import Condition, Exit, JobView, PodView
from kubenas.trial import FailureClass

_FAILURE_OF_EXIT = {
    2: FailureClass.CONFIGURATION,
    75: FailureClass.STORAGE,
    126: FailureClass.CONFIGURATION,
    127: FailureClass.CONFIGURATION,
    143: FailureClass.DISRUPTION,
}
_NODE_LOST = {"DeletionByTaintManager", "DeletionByPodGC", "NodeLost"}
_BAD_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_BAD_CONTAINER = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_OVER_OWN_LIMIT = re.compile(r"exceeds the (total )?limit", re.IGNORECASE)
_LINES = 3
_LENGTH = 1000


@dataclass(frozen=True)
class Waiting:
    """The attempt does not run yet."""

    reason: str
    over_quota: bool = False
    """Whether a quota is exhausted: further Jobs would have to wait, too."""
    failure: FailureClass | None = None
    """Failure class if the problem lasts; None if the wait is normal."""
    event_source: str = ""
    """uid of the object whose events may explain the wait."""


@dataclass(frozen=True)
class Running:
    """The container is running, or has exited and its result is not yet known."""


@dataclass(frozen=True)
class Ended:
    """The attempt ended; ``failure`` is None if the worker exited with 0."""

    failure: FailureClass | None
    message: str = ""


AttemptStatus = Waiting | Running | Ended


def classify(job: JobView, pod: PodView | None) -> AttemptStatus:
    """Returns the status of an attempt whose Job exists."""
    if pod is None:
        return _classify_without_pod(job)
    if pod.phase == "Succeeded":
        return Ended(None)
    if pod.phase == "Failed" or (job.failed and pod.exit):
        return _classify_failed(job, pod)
    if job.suspended:
        return Ended(FailureClass.DISRUPTION, f"suspended by its queue: {job.suspended.message}")
    if pod.running_since is not None or pod.exit is not None:
        return Running()
    return _classify_pending(pod)


def classify_deleted_pod(pod: PodView) -> Ended:
    """Returns the end of an attempt whose pod was deleted before it reported its end."""
    if pod.disrupted:
        return _classify_disrupted(pod.disrupted)
    return Ended(FailureClass.NODE_LOSS, "its pod was deleted before it ended")


def classify_refusal(message: str) -> Waiting:
    """Classifies the API server's message about a rejected Job or pod."""
    reason = message.partition("forbidden: ")[2] or message
    if "exceeded quota" in message:
        return Waiting(reason, over_quota=True)
    lasting = "is forbidden" in message or "is invalid" in message
    return Waiting(reason, failure=FailureClass.CONFIGURATION if lasting else None)


def _classify_without_pod(job: JobView) -> AttemptStatus:
    if job.complete:
        return Ended(None)
    if job.failed:
        lost = f"its pod is gone: {job.failed.message or job.failed.reason}"
        return Ended(FailureClass.NODE_LOSS, lost)
    if job.deleting:
        return Waiting("its Job is being deleted")
    if job.suspended:
        return Waiting(f"queued: {job.suspended.message or job.suspended.reason}")
    return Waiting("its pod is being created", event_source=job.uid)


def _classify_pending(pod: PodView) -> Waiting:
    if pod.unschedulable:
        return Waiting(f"{_describe(pod.unschedulable)}")
    waiting = pod.waiting
    if waiting is None:
        return Waiting("waiting for a node")
    if waiting.reason in _BAD_IMAGE:
        return Waiting(
            f"its image cannot be pulled: {_describe(waiting)}", failure=FailureClass.IMAGE
        )
    if waiting.reason in _BAD_CONTAINER:
        message = f"its container cannot be created: {_describe(waiting)}"
        return Waiting(message, failure=FailureClass.CONFIGURATION)
    return Waiting("pulling the image and creating the container", event_source=pod.uid)


def _classify_failed(job: JobView, pod: PodView) -> Ended:
    if pod.reason == "DeadlineExceeded":
        return _classify_deadline(job, pod)
    if _OVER_OWN_LIMIT.search(pod.message):  # evicted because of its own disk use
        message = f"{_last_lines(pod.message)}; raise runner.pod.scratch"
        return Ended(FailureClass.APPLICATION, message)
    if pod.disrupted:
        return _classify_disrupted(pod.disrupted)
    if pod.exit and pod.reason != "Evicted":
        return _classify_exit(pod.exit)
    if pod.reason in _NODE_LOST:
        return Ended(FailureClass.NODE_LOSS, _last_lines(f"{pod.reason}: {pod.message}"))
    # Evicted, rejected by the kubelet, or the node was shut down.
    reason = _last_lines(f"{pod.reason or 'its pod failed'}: {pod.message}".removesuffix(": "))
    return Ended(FailureClass.DISRUPTION, reason)


def _classify_deadline(job: JobView, pod: PodView) -> Ended:
    """The pod's deadline counts from before its image is pulled. A slow pull is a disruption."""
    began, ended = pod.started_at, pod.exit.finished_at if pod.exit else None
    if began is None:
        message = "its container did not start before the deadline of its pod"
        return Ended(FailureClass.DISRUPTION, message)
    limit = job.max_seconds
    if limit and ended and ended - began < limit - CLOCK_RESOLUTION_SECONDS:
        message = f"its container started late and ran only {ended - began:.0f} s of {limit:g} s"
        return Ended(FailureClass.DISRUPTION, message)
    return Ended(FailureClass.DEADLINE, "exceeded the deadline of its pod")


def _classify_disrupted(disrupted: Condition) -> Ended:
    if disrupted.reason in _NODE_LOST:
        return Ended(
            FailureClass.NODE_LOSS, f"its node was lost or tainted: {_describe(disrupted)}"
        )
    return Ended(FailureClass.DISRUPTION, f"disrupted: {_describe(disrupted)}")


def _classify_exit(end: Exit) -> Ended:
    if end.reason == "OOMKilled":
        return Ended(FailureClass.HOST_OOM, "exceeded the memory limit; raise runner.pod.memory")
    if end.code == 0:
        return Ended(None)
    if end.reason in {"StartError", "ContainerCannotRun"}:
        return Ended(
            FailureClass.CONFIGURATION,
            _last_lines(f"its container cannot be started: {end.message}"),
        )
    words = f"; last lines of its log: {_last_lines(end.message)}" if end.message else ""
    failure = _FAILURE_OF_EXIT.get(end.code)
    if failure is None and end.code > 128:
        return Ended(FailureClass.NODE_LOSS, f"killed by signal {end.code - 128}{words}")
    return Ended(failure or FailureClass.APPLICATION, f"exited with {end.code}{words}")


def _describe(condition: Condition) -> str:
    return _last_lines(": ".join(filter(None, (condition.reason, condition.message))))


def _last_lines(text: str) -> str:
    """Returns the last lines of ``text``, joined by ``|``."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LINES:])[-_LENGTH:]
