"""Attempts in flight: start, adopt, wait for and stop them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from kubenas.errors import DocumentUnusable
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.attempts.binding import Binding
from kubenas.search.attempts.outputs import epochs_so_far, has_checkpoint, read_result
from kubenas.search.progress import RunningAttempt
from kubenas.storage import Storage, open_storage, split
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, FailureClass, Result, Task

_STOP_SECONDS = 15.0
"""Maximum wait for stopped attempts: slightly more than a runner's grace period."""


@dataclass(frozen=True)
class EndedAttempt:
    """An ended attempt, with its event and result."""

    ref: AttemptRef
    event: AttemptEvent
    result: Result | None
    progressed: bool
    """Whether it wrote a checkpoint."""
    seconds: float | None
    """Run time reported by the runner; 0: it never ran; None: unknown."""


@dataclass(frozen=True)
class _Running:
    storage: Storage
    folder: str
    since: float
    """Unix time at which it began to run; while it waits, at which it was started."""
    binding: Binding
    waiting: str = ""
    began: bool = False
    """Whether the runner has reported that it runs."""


class RunningAttempts:
    """The attempts of this process that ``runner`` runs."""

    def __init__(self, runner: TrialRunner, *, clock: Callable[[], float] = time.time) -> None:
        self._runner = runner
        self._clock = clock
        self._running: dict[AttemptRef, _Running] = {}

    def __len__(self) -> int:
        return len(self._running)

    @property
    def free(self) -> int:
        """Number of free slots."""
        return max(0, self._runner.capacity - len(self._running))

    def start(self, spec: AttemptSpec) -> None:
        """Starts an attempt; there must be a free slot."""
        self.adopt(Binding.of(spec), spec.prefix)
        self._runner.start(spec)

    def adopt(self, binding: Binding, prefix: str, *, since: float | None = None) -> None:
        """Takes over an attempt that the runner already runs.

        Args:
            binding: the attempt's binding.
            prefix: URI of the attempt's folder.
            since: Unix time at which it was started; None: now.
        """
        uri, folder = split(prefix)
        since = self._clock() if since is None else since
        self._running[binding.ref] = _Running(open_storage(uri), folder, since, binding)

    def wait(self, timeout: float) -> list[EndedAttempt]:
        """Waits up to ``timeout`` seconds, and returns the attempts that have ended."""
        events = [each for each in self._runner.poll(timeout) if each.ref in self._running]
        for event in events:
            self._running[event.ref] = self._update(event, self._running[event.ref])
        return [
            self._close(event, self._running.pop(event.ref))
            for event in events
            if event.kind == "ended"
        ]

    def detach(self) -> list[EndedAttempt]:
        """Stops all attempts, unless they outlive this process and can be adopted later."""
        return [] if self._runner.persistent else self.stop_all()

    def stop_all(self) -> list[EndedAttempt]:
        """Stops all attempts and waits for a limited time until they have ended."""
        for ref in self._running:
            self._runner.stop(ref)
        ended: list[EndedAttempt] = []
        until = time.monotonic() + _STOP_SECONDS
        while self._running and time.monotonic() < until:
            ended += self.wait(0.5)
        return ended

    def snapshot(self) -> tuple[RunningAttempt, ...]:
        """Returns the attempts in flight, for display."""
        now = self._clock()
        return tuple(
            RunningAttempt(
                trial=ref.trial,
                attempt=ref.attempt,
                seconds=now - running.since,
                epoch=epochs_so_far(running.storage, running.folder),
                waiting=running.waiting,
            )
            for ref, running in sorted(self._running.items(), key=lambda item: item[1].since)
        )

    def _update(self, event: AttemptEvent, running: _Running) -> _Running:
        """Returns ``running`` after ``event``. Its run time counts from the first running event."""
        waiting = event.message if event.kind == "waiting" else ""
        if event.kind == "running" and not running.began:
            since = self._clock() if event.since is None else event.since
            return replace(running, waiting=waiting, since=since, began=True)
        return replace(running, waiting=waiting)

    def _close(self, event: AttemptEvent, running: _Running) -> EndedAttempt:
        seen = max(0.0, self._clock() - running.since)
        most = seen if event.seconds is None else event.seconds
        result, event = resolve_result(
            running.storage, running.folder, running.binding, event, max_seconds=most
        )
        return EndedAttempt(
            ref=event.ref,
            event=event,
            result=result,
            progressed=has_checkpoint(running.storage, running.folder),
            seconds=seen if event.seconds is None and running.began else event.seconds,
        )


def resolve_result(
    storage: Storage,
    folder: str,
    binding: Binding,
    event: AttemptEvent,
    *,
    max_seconds: float,
) -> tuple[Result | None, AttemptEvent]:
    """Reads the result of an attempt that ended with ``event``. Returns the result and the event.

    If the result is invalid, returns None and an event that says why: the attempt has failed.
    """
    try:
        result = read_result(storage, folder, binding, max_seconds=max_seconds)
    except DocumentUnusable as error:
        return None, reject_result(event, str(error))
    return result and result.model_copy(update={"image": event.image}), event


def reject_result(event: AttemptEvent, reason: str) -> AttemptEvent:
    """Returns ``event`` with ``reason`` as its message; keeps the runner's failure class."""
    failure = event.failure or FailureClass.APPLICATION
    return event.model_copy(update={"failure": failure, "message": reason[:4000]})


def stop_leftovers(runner: TrialRunner) -> None:
    """Stops the remaining attempts of a closed search.

    There are some if the last controller was killed after it closed the search.
    """
    for ref in runner.adopt(Task.TRAIN):
        runner.stop(ref)
