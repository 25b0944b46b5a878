"""Attempts as Kubernetes Jobs. They outlive this process, and the next one adopts them."""

import time
from dataclasses import replace
from typing import Self

from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.attempt import ClusterLimits, TrackedAttempt
from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.informer import InformerCache
from kubenas.scheduling.kubernetes.jobs import Created, Jobs, Never, NotYet
from kubenas.scheduling.kubernetes.manifest import Place, job_manifest
from kubenas.scheduling.kubernetes.names import job_name
from kubenas.scheduling.kubernetes.status import Ended, Running, Waiting, judge_refusal
from kubenas.storage import open_storage
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, FailureClass, Task

_TICK_SECONDS = 1.0
_ASK_SECONDS = 30.0
"""Between two looks at the events of one attempt."""
_CLEAR_SECONDS = 5.0
"""Before clearing away is tried again."""


class KubernetesRunner:
    """See :class:`kubenas.scheduling.runner.TrialRunner`. Use it as a context manager.

    Args:
        api: the cluster.
        place: where Jobs are made, and with what.
        workers: attempts at the same time.
        limits: how long to wait for the cluster.
    """

    def __init__(
        self, api: Api, place: Place, *, workers: int, limits: ClusterLimits | None = None
    ) -> None:
        self._place = place
        self._workers = workers
        self._limits = limits or ClusterLimits()
        self._jobs = Jobs(api, place.namespace)
        self._mirror = InformerCache(api, self._jobs, selector=place.stage.selector)
        self._attempts: dict[str, TrackedAttempt] = {}
        """By the name of the Job; those whose end is still to be told."""
        self._events: list[AttemptEvent] = []
        self._leftover: set[str] = set()
        """Jobs of attempts whose end has been told, or is among the events."""
        self._clear_at = 0.0
        self._ran_at = time.monotonic()
        """When an attempt was last seen running."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def capacity(self) -> int:
        """While a quota is used up, it is enough that one attempt waits for it."""
        if any(attempt.full and not attempt.enlarged for attempt in self._attempts.values()):
            return min(self._workers, len(self._attempts))
        return self._workers

    @property
    def persistent(self) -> bool:
        return True

    @property
    def epoch(self) -> int | None:
        return self._place.epoch

    def start(self, spec: AttemptSpec) -> None:
        spec = spec.model_copy(update={"heartbeat": self._place.heartbeat})
        open_storage(spec.prefix).write("spec.json", spec.to_json())
        attempt = TrackedAttempt(
            name=job_name(self._place.stage, spec),
            ref=spec.ref,
            manifest=job_manifest(spec, self._place),
            max_seconds=spec.max_seconds,
            enlarged=spec.host_ooms > 0,
        )
        self._attempts[attempt.name] = attempt
        self._step(attempt)

    def poll(self, timeout: float) -> list[AttemptEvent]:
        until = time.monotonic() + timeout
        self._clear_away()
        while True:
            for attempt in list(self._attempts.values()):
                self._step(attempt)
            left = until - time.monotonic()
            if self._events or left <= 0:
                events, self._events = self._events, []
                return events
            self._look(0 if self._clear_away() else min(left, _TICK_SECONDS))

    def stop(self, ref: AttemptRef) -> None:
        for attempt in list(self._attempts.values()):
            if attempt.ref == ref:
                attempt.end_with(Ended(FailureClass.DISRUPTION, "stopped on request"))
                self._step(attempt)

    def adopt(self, task: Task) -> list[AttemptRef]:
        self._await_lists()
        found = [
            job
            for job in self._mirror.jobs.values()
            if job.task == task.value and job.name not in self._attempts
        ]
        for job in found:
            self._attempts[job.name] = TrackedAttempt(name=job.name, ref=job.ref)
            self._catch_up(self._attempts[job.name])
        return [job.ref for job in found]

    def close(self) -> None:
        while self._clear_away():
            pass
        self._mirror.close()

    # What the cluster says.

    def _await_lists(self) -> None:
        until = time.monotonic() + self._limits.listing
        while not self._mirror.complete:
            self._look(_TICK_SECONDS)
            if time.monotonic() > until:
                raise self._mirror.silent_for or UserError("the API server does not list Jobs")

    def _look(self, timeout: float) -> None:
        for sight in self._mirror.news(timeout):
            if (attempt := self._attempts.get(sight.name)) is not None:
                attempt.see(sight)
                self._step(attempt)

    def _catch_up(self, attempt: TrackedAttempt) -> None:
        for sight in self._mirror.sights(attempt.name):
            attempt.see(sight)

    # What follows from it.

    def _step(self, attempt: TrackedAttempt) -> None:
        """Tells what is new of an attempt, and does what there is to do about it now."""
        verdict = attempt.verdict()
        if isinstance(verdict, Ended):
            self._end(attempt, verdict)
            return
        if isinstance(verdict, Running):
            self._run(attempt)
        elif attempt.doom is None:
            self._wait(attempt, verdict)
        if attempt.retry_at <= time.monotonic() and self._mirror.silent_for is None:
            self._act(attempt)

    def _run(self, attempt: TrackedAttempt) -> None:
        self._ran_at = time.monotonic()
        attempt.waiting = None
        self._tell_running(attempt)
        attempt.end_with(attempt.overrun())

    def _wait(self, attempt: TrackedAttempt, waiting: Waiting) -> None:
        attempt.wait(waiting)
        now = time.monotonic()
        waited = now - attempt.waits_since
        if waiting.ask and waited > self._limits.unexplained and attempt.ask_at <= now:
            self._ask(attempt, waiting)
        if waited > self._limits.untold and waiting.reason != attempt.told and not attempt.ran:
            attempt.told = waiting.reason
            self._tell(attempt, kind="waiting", message=waiting.reason)
        queue_seconds = self._place.config.queue_seconds
        attempt.end_with(
            attempt.given_up(self._limits, queue_seconds=queue_seconds, ran_at=self._ran_at)
        )

    def _end(self, attempt: TrackedAttempt, end: Ended, *, ours: bool = True) -> None:
        del self._attempts[attempt.name]
        if ours:
            self._leftover.add(attempt.name)
        if attempt.began is not None:
            self._tell_running(attempt)  # too briefly to be seen
        self._tell(
            attempt,
            kind="ended",
            failure=end.failure,
            message=end.message,
            image=attempt.pod.image if attempt.pod else None,
            seconds=attempt.seconds,
        )
        for other in self._attempts.values():
            if other.full:
                other.retry_at = 0.0  # there may be room now

    # What is done.

    def _act(self, attempt: TrackedAttempt) -> None:
        if attempt.doom is not None and not attempt.removed:
            attempt.removed = self._jobs.remove(attempt.name, wait_for_pod=True)
            if not attempt.removed:
                attempt.postpone()
        elif attempt.doom is None and attempt.manifest is not None:
            self._create(attempt, attempt.manifest)
        elif attempt.pod is not None and attempt.stuck(self._limits.stuck):
            # The Job holds its pod back with a finalizer until the pod says how it ended.
            self._jobs.remove_by_force(attempt.pod)
            self._jobs.remove(attempt.name, wait_for_pod=False)
            attempt.postpone()

    def _create(self, attempt: TrackedAttempt, manifest: dict[str, object]) -> None:
        match self._jobs.create(manifest):
            case Created():
                attempt.manifest = attempt.refusal = None
                attempt.failures = 0
                self._mirror.expect(attempt.name)
                self._catch_up(attempt)
            case NotYet(waiting=waiting, retry_after=seconds):
                attempt.refusal = waiting
                attempt.wait(waiting)
                attempt.postpone(seconds)
            case Never(message=message):
                self._end(attempt, Ended(FailureClass.CONFIGURATION, message), ours=False)

    def _ask(self, attempt: TrackedAttempt, waiting: Waiting) -> None:
        """Looks into the events: a refused pod shows nowhere else."""
        attempt.ask_at = time.monotonic() + _ASK_SECONDS
        warning = self._jobs.last_warning(waiting.ask)
        if warning and attempt.pod is None:
            attempt.refusal = replace(judge_refusal(warning), ask=waiting.ask)
        elif warning:
            attempt.refusal = Waiting(f"{waiting.reason}: {warning}", ask=waiting.ask)

    def _clear_away(self) -> bool:
        """Removes one Job whose end the caller has taken; whether it did. TTL is but a backstop.

        One at a time, for what takes the place of an ended attempt is more urgent.
        """
        away = self._clear_at > time.monotonic() or self._mirror.silent_for is not None
        if away or not self._leftover:
            return False
        name = self._leftover.pop()
        removed = self._jobs.remove(name, wait_for_pod=False)
        if not removed:
            self._leftover.add(name)
            self._clear_at = time.monotonic() + _CLEAR_SECONDS
        return removed

    # What is told.

    def _tell_running(self, attempt: TrackedAttempt) -> None:
        if not attempt.ran:
            attempt.ran = True
            self._tell(attempt, kind="running", since=attempt.began)

    def _tell(self, attempt: TrackedAttempt, **content: object) -> None:
        self._events.append(AttemptEvent.model_validate({"ref": attempt.ref, **content}))
