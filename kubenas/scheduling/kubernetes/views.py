"""Views of Jobs and pods with the fields that the runner uses. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kubenas.scheduling.kubernetes.manifest import CONTAINER
from kubenas.scheduling.kubernetes.names import ATTEMPT, MAX_SECONDS, SPEC_HASH, TASK, TRIAL
from kubenas.trial import AttemptRef

_JOB_NAME = "batch.kubernetes.io/job-name"


@dataclass(frozen=True)
class Condition:
    """A condition of an object that is true or, for PodScheduled, false."""

    reason: str
    message: str


@dataclass(frozen=True)
class JobView:
    """Last observed state of a Job."""

    name: str
    uid: str
    ref: AttemptRef
    task: str
    spec_hash: str
    max_seconds: float | None = None
    """Time limit of the attempt."""
    deleting: bool = False
    suspended: Condition | None = None
    """Suspension by a queue such as Kueue, with its reason."""
    complete: bool = False
    failed: Condition | None = None


@dataclass(frozen=True)
class Exit:
    """Termination of a container."""

    code: int
    reason: str = ""
    message: str = ""
    started_at: float | None = None
    """Unix time by the node's clock; None: never started, or the node has lost it."""
    finished_at: float | None = None
    """Unix time by the node's clock; None: not reported."""


@dataclass(frozen=True)
class PodView:
    """Last observed state of a pod."""

    name: str
    uid: str
    job: str
    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"]
    reason: str = ""
    message: str = ""
    grace: float | None = None
    """Grace period in seconds once the pod is being deleted; None before."""
    deletion_deadline: float | None = None
    """Unix time of the end of the grace period."""
    unschedulable: Condition | None = None
    disrupted: Condition | None = None
    waiting: Condition | None = None
    """Reason why its container waits."""
    running_since: float | None = None
    """Unix time by the node's clock."""
    exit: Exit | None = None
    image: str | None = None
    """Image of its container, by digest."""

    @property
    def started_at(self) -> float | None:
        """Unix time of its container's start; None: not started, or unknown to its node."""
        return self.exit.started_at if self.exit else self.running_since


def job_view(job: Mapping[str, Any]) -> JobView | None:
    """Converts a Job; None if kubenas did not create it."""
    metadata, conditions = job["metadata"], _conditions(job.get("status", {}))
    labels, annotations = metadata.get("labels", {}), metadata.get("annotations", {})
    trial, attempt = labels.get(TRIAL, ""), labels.get(ATTEMPT, "")
    if not (trial.isdecimal() and attempt.isdecimal()):
        return None
    suspended = None
    if job["spec"].get("suspend"):
        suspended = conditions.get("Suspended", Condition("Suspended", "the Job is suspended"))
    return JobView(
        name=metadata["name"],
        uid=metadata["uid"],
        ref=AttemptRef(trial=int(trial), attempt=int(attempt)),
        task=labels.get(TASK, ""),
        spec_hash=annotations.get(SPEC_HASH, ""),
        max_seconds=_number(annotations.get(MAX_SECONDS)),
        deleting="deletionTimestamp" in metadata,
        suspended=suspended,
        complete="Complete" in conditions,
        failed=conditions.get("Failed") or conditions.get("FailureTarget"),
    )


def pod_view(pod: Mapping[str, Any]) -> PodView:
    """Converts a pod of such a Job."""
    metadata, status = pod["metadata"], pod.get("status", {})
    conditions = _conditions(status)
    container = _container(status.get("containerStatuses", ()))
    state = container.get("state", {})
    waiting, running, ended = (state.get(key) for key in ("waiting", "running", "terminated"))
    return PodView(
        name=metadata["name"],
        uid=metadata["uid"],
        job=metadata.get("labels", {}).get(_JOB_NAME, ""),
        phase=status.get("phase", "Pending"),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        grace=_grace(metadata),
        deletion_deadline=_unix(metadata.get("deletionTimestamp")),
        unschedulable=_conditions(status, holds="False").get("PodScheduled"),
        disrupted=conditions.get("DisruptionTarget"),
        waiting=_condition(waiting) if waiting else None,
        running_since=_unix(running.get("startedAt")) if running else None,
        exit=_exit(ended) if ended else None,
        image=container.get("imageID") or None,
    )


def _exit(ended: Mapping[str, Any]) -> Exit:
    return Exit(
        code=ended["exitCode"],
        reason=ended.get("reason", ""),
        message=ended.get("message", ""),
        started_at=_unix(ended.get("startedAt")),
        finished_at=_unix(ended.get("finishedAt")),
    )


def _container(statuses: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns the status of the trial's container; admission webhooks may have added others."""
    return next((status for status in statuses if status["name"] == CONTAINER), {})


def _conditions(status: Mapping[str, Any], *, holds: str = "True") -> dict[str, Condition]:
    return {
        condition["type"]: _condition(condition)
        for condition in status.get("conditions", ())
        if condition["status"] == holds
    }


def _condition(content: Mapping[str, Any]) -> Condition:
    return Condition(content.get("reason", ""), content.get("message", ""))


def _grace(metadata: Mapping[str, Any]) -> float | None:
    if "deletionTimestamp" not in metadata:
        return None
    return float(metadata.get("deletionGracePeriodSeconds") or 0)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _unix(time: str | None) -> float | None:
    """Converts a timestamp; None also for 1970, which marks a container that could not start."""
    return (datetime.fromisoformat(time).timestamp() or None) if time else None
