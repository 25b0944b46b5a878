"""What the Kubernetes runner knows of one attempt, and what that means. Acts on nothing."""

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
    """How long the runner is patient with a cluster, in seconds."""

    bad_image: float = 60.0
    """For an image that cannot be pulled: registries blink."""
    bad_pod: float = 20.0
    """For a Secret or service account that is missing."""
    stuck: float = 30.0
    """From the end of a pod's grace to its removal by force: its node is dead."""
    explain_after: float = 5.0
    """Without a pod, or a container, before events are asked why."""
    report_after: float = 3.0
    """Of waiting that is not worth a word."""
    listing: float = 300.0
    """For the API server to answer when the runner begins."""


@dataclass
class TrackedAttempt:
    """An attempt from its start, or adoption, to its end. Times are on the monotonic clock."""

    name: str
    """Of its Job."""
    ref: AttemptRef
    manifest: dict[str, Any] | None = None
    """Of the Job that is still to be made; None: it has been."""
    max_seconds: float | None = None
    memory_raised: bool = False
    """It asks for more than others do, and tells nothing of their chances."""
    job: JobView | None = None
    pod: PodView | None = None
    job_gone: bool = False
    pod_gone: bool = False
    started_at: float | None = None
    """Unix time at which its container started, as its pod has said."""
    running_reported: bool = False
    """It has been told that it runs."""
    reported_reason: str = ""
    """The last that was told of its waiting."""
    decided_end: Ended | None = None
    """Its end as soon as it is gone, for we have decided to end it."""
    deletion_sent: bool = False
    """The API server knows that it is to go."""
    refusal: Waiting | None = None
    """Why there is no Job, no pod or no container, as far as one had to ask."""
    waiting: Waiting | None = None
    waits_since: float = field(default_factory=time.monotonic)
    failing_since: float = 0.0
    """Since when it has been waiting for what will not come."""
    terminating_since: float | None = None
    query_events_at: float = 0.0
    """When its events may be read again."""
    retry_at: float = 0.0
    """When what did not work may be tried again."""
    failures: int = 0
    """Of such tries, in a row."""

    @property
    def waits_for_quota(self) -> bool:
        """Whether it waits for a quota."""
        return self.waiting is not None and self.waiting.over_quota

    def apply(self, update: Update) -> None:
        """Takes note of news."""
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
        """Puts the next try off, for longer each time."""
        self.failures += 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self.failures)
        pause *= random.uniform(0.5, 1.0)  # noqa: S311
        self.retry_at = time.monotonic() + max(least, pause)

    def decide_end(self, end: Ended | None) -> None:
        """Has it ended for this reason, unless there is none, or another one already."""
        if end is not None and self.decided_end is None:
            self.decided_end = end
            self.retry_at = 0.0

    def status(self) -> AttemptStatus:
        """Where it stands."""
        if self.decided_end is not None:
            return self.decided_end if self._is_finished else Waiting("it is being stopped")
        if self.job_gone or self.pod_gone:
            return self._status_after_deletion()
        if self.job is None:
            return self.refusal or Waiting("its Job is being made")
        status = classify(self.job, self.pod)
        if (
            isinstance(status, Waiting)
            and self.refusal
            and self.refusal.event_source == status.event_source
        ):
            return self.refusal
        return status

    def note_waiting(self, waiting: Waiting) -> None:
        """Takes note that it cannot run at present, and why."""
        now = time.monotonic()
        if self.waiting is None:
            self.waits_since = now
        if self.waiting is None or self.waiting.failure != waiting.failure:
            self.failing_since = now
        self.waiting = waiting

    def check_wait_limit(
        self, limits: ClusterLimits, *, queue_seconds: float, ran_at: float
    ) -> Ended | None:
        """Its end if it has been waiting for too long.

        Args:
            limits: for what will not come.
            queue_seconds: for a place in the cluster.
            ran_at: when any attempt was last seen running: then there are places.
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
        return Ended(FailureClass.QUOTA, f"found no place within {queue_seconds:.0f} s: {reason}")

    @property
    def seconds(self) -> float | None:
        """For how long it has run, now that it is over; None: nobody can tell."""
        return seconds_run(self.job, self.pod, began=self.started_at, now=time.time())

    def check_run_limit(self) -> Ended | None:
        """Its end if it has run longer than it may."""
        if self.max_seconds is None or self.started_at is None:
            return None
        if time.time() - self.started_at <= self.max_seconds + CLOCK_RESOLUTION_SECONDS:
            return None
        return Ended(FailureClass.DEADLINE, f"ran longer than {self.max_seconds} s")

    def is_stuck(self, limit: float) -> bool:
        """Whether its pod should have been gone ``limit`` seconds ago."""
        if self.pod is None or self.pod_gone or self.terminating_since is None:
            return False
        return time.monotonic() > self.terminating_since + (self.pod.grace or 0.0) + limit

    @property
    def _is_finished(self) -> bool:
        """Whether nothing of it runs any more."""
        never_made = self.deletion_sent and self.manifest is not None
        if self.job_gone or self.pod_gone or never_made:
            return True
        return self.pod is not None and self.pod.phase in {"Succeeded", "Failed"}

    def _status_after_deletion(self) -> AttemptStatus:
        """Of an attempt whose Job or pod somebody else has removed."""
        seen = classify(self.job, self.pod) if self.job and self.pod else None
        if isinstance(seen, Ended):
            return seen
        if self.pod_gone and self.pod is not None:
            return classify_deleted_pod(self.pod)
        if seen is not None:
            return seen  # the pod is still on its way out, with a last checkpoint
        return Ended(FailureClass.DISRUPTION, "its Job was deleted")
