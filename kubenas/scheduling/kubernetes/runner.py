"""A runner that starts attempts as Jobs. Jobs outlive the controller; the next one adopts them."""

import time
from dataclasses import replace
from typing import Self

from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.attempt import ClusterLimits, TrackedAttempt
from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.informer import InformerCache
from kubenas.scheduling.kubernetes.jobs import Created, Deferred, Jobs, Rejected
from kubenas.scheduling.kubernetes.manifest import JobTemplate, job_manifest
from kubenas.scheduling.kubernetes.names import job_name
from kubenas.scheduling.kubernetes.status import Ended, Running, Waiting, classify_refusal
from kubenas.storage import open_storage
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, FailureClass, Task

_TICK_SECONDS = 1.0
_EVENT_QUERY_SECONDS = 30.0
"""Time between two queries of an attempt's events."""
_CLEAN_UP_RETRY_SECONDS = 5.0
"""Time before a failed deletion of a finished Job is tried again."""


class KubernetesRunner:
    """Kubernetes implementation of :class:`kubenas.scheduling.runner.TrialRunner`.

    Use it as a context manager.

    Args:
        api: client of the cluster.
        template: common settings of the Jobs.
        workers: attempts at the same time.
        limits: time limits on waiting for the cluster.
    """

    def __init__(
        self, api: Api, template: JobTemplate, *, workers: int, limits: ClusterLimits | None = None
    ) -> None:
        self._template = template
        self._workers = workers
        self._limits = limits or ClusterLimits()
        self._jobs = Jobs(api, template.namespace)
        self._cache = InformerCache(api, self._jobs, selector=template.stage.selector)
        self._attempts: dict[str, TrackedAttempt] = {}
        """By the name of the Job; attempts whose end has not been emitted."""
        self._events: list[AttemptEvent] = []
        self._finished_jobs: set[str] = set()
        """Jobs to delete; the ends of their attempts have been emitted."""
        self._clean_up_at = 0.0
        self._ran_at = time.monotonic()
        """Last time an attempt was running."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def capacity(self) -> int:
        """While a quota is exhausted, only one attempt waits for it."""
        if any(
            attempt.waits_for_quota and not attempt.memory_raised
            for attempt in self._attempts.values()
        ):
            return min(self._workers, len(self._attempts))
        return self._workers

    @property
    def persistent(self) -> bool:
        return True

    @property
    def epoch(self) -> int | None:
        return self._template.epoch

    def start(self, spec: AttemptSpec) -> None:
        spec = spec.model_copy(update={"heartbeat": self._template.heartbeat})
        open_storage(spec.prefix).write("spec.json", spec.to_json())
        attempt = TrackedAttempt(
            name=job_name(self._template.stage, spec),
            ref=spec.ref,
            manifest=job_manifest(spec, self._template),
            max_seconds=spec.max_seconds,
            memory_raised=spec.host_ooms > 0,
        )
        self._attempts[attempt.name] = attempt
        self._reconcile(attempt)

    def poll(self, timeout: float) -> list[AttemptEvent]:
        until = time.monotonic() + timeout
        self._clean_up_one()
        while True:
            for attempt in list(self._attempts.values()):
                self._reconcile(attempt)
            left = until - time.monotonic()
            if self._events or left <= 0:
                events, self._events = self._events, []
                return events
            self._process_updates(0 if self._clean_up_one() else min(left, _TICK_SECONDS))

    def stop(self, ref: AttemptRef) -> None:
        for attempt in list(self._attempts.values()):
            if attempt.ref == ref:
                attempt.decide_end(Ended(FailureClass.DISRUPTION, "stopped on request"))
                self._reconcile(attempt)

    def adopt(self, task: Task) -> list[AttemptRef]:
        self._wait_for_sync()
        found = [
            job
            for job in self._cache.jobs.values()
            if job.task == task.value and job.name not in self._attempts
        ]
        for job in found:
            self._attempts[job.name] = TrackedAttempt(name=job.name, ref=job.ref)
            self._apply_cached(self._attempts[job.name])
        return [job.ref for job in found]

    def close(self) -> None:
        while self._clean_up_one():
            pass
        self._cache.close()

    # State of the cluster.

    def _wait_for_sync(self) -> None:
        until = time.monotonic() + self._limits.listing
        while not self._cache.synced:
            self._process_updates(_TICK_SECONDS)
            if time.monotonic() > until:
                raise self._cache.watch_error or UserError(
                    "the API server did not list the Jobs in time; check the cluster, then run the"
                    " same command again"
                )

    def _process_updates(self, timeout: float) -> None:
        for update in self._cache.wait_for_updates(timeout):
            if (attempt := self._attempts.get(update.name)) is not None:
                attempt.apply(update)
                self._reconcile(attempt)

    def _apply_cached(self, attempt: TrackedAttempt) -> None:
        for update in self._cache.cached(attempt.name):
            attempt.apply(update)

    # Status of the attempts.

    def _reconcile(self, attempt: TrackedAttempt) -> None:
        """Emits new events of an attempt and sends the requests that its status calls for."""
        status = attempt.status()
        if isinstance(status, Ended):
            self._handle_end(attempt, status)
            return
        if isinstance(status, Running):
            self._handle_running(attempt)
        elif attempt.decided_end is None:
            self._handle_waiting(attempt, status)
        if attempt.retry_at <= time.monotonic() and self._cache.watch_error is None:
            self._act(attempt)

    def _handle_running(self, attempt: TrackedAttempt) -> None:
        self._ran_at = time.monotonic()
        attempt.waiting = None
        self._emit_running(attempt)
        attempt.decide_end(attempt.check_run_limit())

    def _handle_waiting(self, attempt: TrackedAttempt, waiting: Waiting) -> None:
        attempt.note_waiting(waiting)
        now = time.monotonic()
        waited = now - attempt.waits_since
        if (
            waiting.event_source
            and waited > self._limits.explain_after
            and attempt.query_events_at <= now
        ):
            self._query_events(attempt, waiting)
        if (
            waited > self._limits.report_after
            and waiting.reason != attempt.reported_reason
            and not attempt.running_reported
        ):
            attempt.reported_reason = waiting.reason
            self._emit(attempt, kind="waiting", message=waiting.reason)
        queue_seconds = self._template.config.queue_seconds
        attempt.decide_end(
            attempt.check_wait_limit(self._limits, queue_seconds=queue_seconds, ran_at=self._ran_at)
        )

    def _handle_end(self, attempt: TrackedAttempt, end: Ended, *, ours: bool = True) -> None:
        del self._attempts[attempt.name]
        if ours:
            self._finished_jobs.add(attempt.name)
        if attempt.started_at is not None:
            self._emit_running(attempt)  # it may have run too briefly to be observed
        self._emit(
            attempt,
            kind="ended",
            failure=end.failure,
            message=end.message,
            image=attempt.pod.image if attempt.pod else None,
            seconds=attempt.seconds,
        )
        for other in self._attempts.values():
            if other.waits_for_quota:
                other.retry_at = 0.0  # quota may be free now

    # Requests.

    def _act(self, attempt: TrackedAttempt) -> None:
        if attempt.decided_end is not None and not attempt.deletion_sent:
            attempt.deletion_sent = self._jobs.delete(attempt.name, wait_for_pod=True)
            if not attempt.deletion_sent:
                attempt.postpone()
        elif attempt.decided_end is None and attempt.manifest is not None:
            self._create(attempt, attempt.manifest)
        elif attempt.pod is not None and attempt.is_stuck(self._limits.stuck):
            # A finalizer of the Job keeps the pod until its end has been counted.
            self._jobs.force_delete(attempt.pod)
            self._jobs.delete(attempt.name, wait_for_pod=False)
            attempt.postpone()

    def _create(self, attempt: TrackedAttempt, manifest: dict[str, object]) -> None:
        match self._jobs.create(manifest):
            case Created():
                attempt.manifest = attempt.refusal = None
                attempt.failures = 0
                self._cache.expect(attempt.name)
                self._apply_cached(attempt)
            case Deferred(waiting=waiting, retry_after=seconds):
                attempt.refusal = waiting
                attempt.note_waiting(waiting)
                attempt.postpone(seconds)
            case Rejected(message=message):
                self._handle_end(attempt, Ended(FailureClass.CONFIGURATION, message), ours=False)

    def _query_events(self, attempt: TrackedAttempt, waiting: Waiting) -> None:
        """Reads the events: the rejection of a pod appears nowhere else."""
        attempt.query_events_at = time.monotonic() + _EVENT_QUERY_SECONDS
        warning = self._jobs.last_warning(waiting.event_source)
        if warning and attempt.pod is None:
            attempt.refusal = replace(classify_refusal(warning), event_source=waiting.event_source)
        elif warning:
            attempt.refusal = Waiting(
                f"{waiting.reason}: {warning}", event_source=waiting.event_source
            )

    def _clean_up_one(self) -> bool:
        """Deletes one finished Job; returns whether it did. The Job's TTL is only a backstop.

        One at a time, because starting the next attempt is more urgent.
        """
        away = self._clean_up_at > time.monotonic() or self._cache.watch_error is not None
        if away or not self._finished_jobs:
            return False
        name = self._finished_jobs.pop()
        removed = self._jobs.delete(name, wait_for_pod=False)
        if not removed:
            self._finished_jobs.add(name)
            self._clean_up_at = time.monotonic() + _CLEAN_UP_RETRY_SECONDS
        return removed

    # Events.

    def _emit_running(self, attempt: TrackedAttempt) -> None:
        if not attempt.running_reported:
            attempt.running_reported = True
            self._emit(attempt, kind="running", since=attempt.started_at)

    def _emit(self, attempt: TrackedAttempt, **content: object) -> None:
        self._events.append(AttemptEvent.model_validate({"ref": attempt.ref, **content}))
