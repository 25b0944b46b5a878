"""State of one attempt in the Kubernetes runner. Makes no requests."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from kubenas.scheduling.kubernetes.informer import Update
from kubenas.scheduling.kubernetes.status import (
    AttemptStatus,
    Ended,
    Waiting,
    classify,
    classify_deleted_pod,
)
from kubenas.scheduling.kubernetes.usage import CLOCK_RESOLUTION_SECONDS, seconds_run
from kubenas.scheduling.kubernetes.views import JobView, PodView
from kubenas.trial import AttemptRef, FailureClass

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class ClusterLimits:
    """Time limits on waiting for a cluster, in seconds."""

    bad_image: float = 60.0
    """Limit for an image that cannot be pulled: registries can fail for a short time."""
    bad_pod: float = 20.0
    """Limit for a missing Secret or service account."""
    stuck: float = 30.0
    """Time after a pod's grace period before it is force-deleted: its node is dead."""
    explain_after: float = 5.0
    """Time without a pod or container before the runner reads the events."""
    report_after: float = 3.0
    """Waiting time before the runner reports it."""
    listing: float = 300.0
    """Limit for listing the Jobs and pods when the runner starts."""


@dataclass
class TrackedAttempt:
    """An attempt from its start or adoption to its end. Times use the monotonic clock."""

    name: str
    """Name of its Job."""
    ref: AttemptRef
    manifest: dict[str, Any] | None = None
    """Manifest of the Job until the Job is created; then None."""
    max_seconds: float | None = None
    memory_raised: bool = False
    """Its memory request exceeds the configured one. Its wait says nothing about other attempts."""
    job: JobView | None = None
    pod: PodView | None = None
    job_gone: bool = False
    pod_gone: bool = False
    started_at: float | None = None
    """Unix time at which its container started, as reported by the pod."""
    running_reported: bool = False
    """Whether the ``running`` event has been emitted."""
    reported_reason: str = ""
    """Reason in the last ``waiting`` event."""
    decided_end: Ended | None = None
    """End decided by the runner; reported once the pod is gone."""
    deletion_sent: bool = False
    """Whether the API server has accepted the deletion of the Job."""
    refusal: Waiting | None = None
    """Why there is no Job, pod or container, from a rejected request or from events."""
    waiting: Waiting | None = None
    waits_since: float = field(default_factory=time.monotonic)
    failing_since: float = 0.0
    """Start of the current wait for a failing image or container."""
    terminating_since: float | None = None
    query_events_at: float = 0.0
    """Earliest time of the next query of events."""
    retry_at: float = 0.0
    """Earliest time of the next try of a failed request."""
    failures: int = 0
    """Failed requests in a row."""

    @property
    def waits_for_quota(self) -> bool:
        """Whether it waits for free quota."""
        return self.waiting is not None and self.waiting.over_quota

    def apply(self, update: Update) -> None:
        """Applies an update of the Job or the pod."""
        if update.job is not None:
            self.job, self.manifest = update.job, None
            self.max_seconds = update.job.max_seconds
        if update.pod is not None:
            self.pod = update.pod
            self.started_at = update.pod.started_at or self.started_at
            if update.pod.grace is not None and self.terminating_since is None:
                self.terminating_since = time.monotonic()
            self.pod_gone = update.gone
        else:
            self.job_gone = update.gone

    def postpone(self, least: float = 0.0) -> None:
        """Schedules the next try with exponential back-off and jitter."""
        self.failures += 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self.failures)
        pause *= random.uniform(0.5, 1.0)  # noqa: S311
        self.retry_at = time.monotonic() + max(least, pause)

    def decide_end(self, end: Ended | None) -> None:
        """Decides to end the attempt, unless ``end`` is None or an end is already decided."""
        if end is not None and self.decided_end is None:
            self.decided_end = end
            self.retry_at = 0.0

    def status(self) -> AttemptStatus:
        """Returns its current status."""
        if self.decided_end is not None:
            return self.decided_end if self._is_finished else Waiting("being stopped")
        if self.job_gone or self.pod_gone:
            return self._status_after_deletion()
        if self.job is None:
            return self.refusal or Waiting("its Job is being created")
        status = classify(self.job, self.pod)
        if (
            isinstance(status, Waiting)
            and self.refusal
            and self.refusal.event_source == status.event_source
        ):
            return self.refusal
        return status

    def note_waiting(self, waiting: Waiting) -> None:
        """Records that it cannot run at present, and why."""
        now = time.monotonic()
        if self.waiting is None:
            self.waits_since = now
        if self.waiting is None or self.waiting.failure != waiting.failure:
            self.failing_since = now
        self.waiting = waiting

    def check_wait_limit(
        self, limits: ClusterLimits, *, queue_seconds: float, ran_at: float
    ) -> Ended | None:
        """Returns its end if it has waited too long; None otherwise.

        Args:
            limits: limits for failing images and pods.
            queue_seconds: limit for a free place in the cluster.
            ran_at: last time any attempt was running, which shows that there are places.
        """
        if self.waiting is None:
            return None
        now, reason = time.monotonic(), self.waiting.reason
        if (failure := self.waiting.failure) is not None:
            limit = limits.bad_image if failure == FailureClass.IMAGE else limits.bad_pod
            return Ended(failure, reason) if now - self.failing_since > limit else None
        since = self.waits_since if self.memory_raised else max(self.waits_since, ran_at)
        if now - since <= queue_seconds:
            return None
        return Ended(FailureClass.QUOTA, f"not started within {queue_seconds:.0f} s: {reason}")

    @property
    def seconds(self) -> float | None:
        """Run time in seconds after its end; None if unknown."""
        return seconds_run(self.job, self.pod, began=self.started_at, now=time.time())

    def check_run_limit(self) -> Ended | None:
        """Returns its end if it has exceeded its time limit; None otherwise."""
        if self.max_seconds is None or self.started_at is None:
            return None
        if time.time() - self.started_at <= self.max_seconds + CLOCK_RESOLUTION_SECONDS:
            return None
        return Ended(FailureClass.DEADLINE, f"exceeded its time limit of {self.max_seconds} s")

    def is_stuck(self, limit: float) -> bool:
        """Whether its pod still exists ``limit`` seconds after its grace period."""
        if self.pod is None or self.pod_gone or self.terminating_since is None:
            return False
        return time.monotonic() > self.terminating_since + (self.pod.grace or 0.0) + limit

    @property
    def _is_finished(self) -> bool:
        """Whether none of its processes can run any more."""
        never_made = self.deletion_sent and self.manifest is not None
        if self.job_gone or self.pod_gone or never_made:
            return True
        return self.pod is not None and self.pod.phase in {"Succeeded", "Failed"}

    def _status_after_deletion(self) -> AttemptStatus:
        """Returns its status after another client deleted its Job or pod."""
        seen = classify(self.job, self.pod) if self.job and self.pod else None
        if isinstance(seen, Ended):
            return seen
        if self.pod_gone and self.pod is not None:
            return classify_deleted_pod(self.pod)
        if seen is not None:
            return seen  # the pod is terminating and may still write a checkpoint
        return Ended(FailureClass.DISRUPTION, "its Job was deleted")
