"""The attempts at work: what was started, where it writes, and since when."""

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
"""For all to end after they were asked to: a runner's grace and a little more."""


@dataclass(frozen=True)
class EndedAttempt:
    """An attempt that is over, and what it left behind."""

    ref: AttemptRef
    event: AttemptEvent
    result: Result | None
    progressed: bool
    """Whether it left a checkpoint of its own."""
    seconds: float | None
    """In which it ran, as its runner told: nothing if it never did. None: nobody can tell."""


@dataclass(frozen=True)
class _Running:
    storage: Storage
    folder: str
    since: float
    """Unix time at which it began, or as long as it has not, at which it was started."""
    binding: Binding
    waiting: str = ""
    began: bool = False
    """Whether its runner has told that it runs."""


class RunningAttempts:
    """Attempts that ``runner`` runs for us."""

    def __init__(self, runner: TrialRunner, *, clock: Callable[[], float] = time.time) -> None:
        self._runner = runner
        self._clock = clock
        self._running: dict[AttemptRef, _Running] = {}

    def __len__(self) -> int:
        return len(self._running)

    @property
    def free(self) -> int:
        """Attempts that may be started now."""
        return max(0, self._runner.capacity - len(self._running))

    def start(self, spec: AttemptSpec) -> None:
        """Starts an attempt; there must be a free slot."""
        self.adopt(Binding.of(spec), spec.prefix)
        self._runner.start(spec)

    def adopt(self, binding: Binding, prefix: str, *, since: float | None = None) -> None:
        """Takes an attempt on that the runner runs already.

        Args:
            binding: which attempt, and what its result must repeat.
            prefix: URI of the folder that it writes to.
            since: Unix time at which it was started; None: now.
        """
        uri, folder = split(prefix)
        since = self._clock() if since is None else since
        self._running[binding.ref] = _Running(open_storage(uri), folder, since, binding)

    def wait(self, timeout: float) -> list[EndedAttempt]:
        """Attempts that have ended; waits up to ``timeout`` seconds for one."""
        events = [each for each in self._runner.poll(timeout) if each.ref in self._running]
        for event in events:
            self._running[event.ref] = self._update(event, self._running[event.ref])
        return [
            self._close(event, self._running.pop(event.ref))
            for event in events
            if event.kind == "ended"
        ]

    def detach(self) -> list[EndedAttempt]:
        """Stops all, unless they outlive this process: then the next one adopts them."""
        return [] if self._runner.persistent else self.stop_all()

    def stop_all(self) -> list[EndedAttempt]:
        """Asks all to end and waits until they have; those that do not are left behind."""
        for ref in self._running:
            self._runner.stop(ref)
        ended: list[EndedAttempt] = []
        until = time.monotonic() + _STOP_SECONDS
        while self._running and time.monotonic() < until:
            ended += self.wait(0.5)
        return ended

    def snapshot(self) -> tuple[RunningAttempt, ...]:
        """What runs now, for people."""
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
        """``running`` after ``event``: until it runs, it holds nothing that counts."""
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
    """The result of an attempt that ended with ``event``, and its end.

    One that cannot be believed is none, and the end says why: the attempt has failed.
    """
    try:
        result = read_result(storage, folder, binding, max_seconds=max_seconds)
    except DocumentUnusable as error:
        return None, reject_result(event, str(error))
    return result and result.model_copy(update={"image": event.image}), event


def reject_result(event: AttemptEvent, reason: str) -> AttemptEvent:
    """``event`` of an attempt whose result is not believed. How it died counts for more."""
    failure = event.failure or FailureClass.APPLICATION
    return event.model_copy(update={"failure": failure, "message": reason[:4000]})


def stop_leftovers(runner: TrialRunner) -> None:
    """Lets ``runner`` remove the attempts of a search that is over.

    There are some if its last controller was killed between the last record and the removal.
    """
    for ref in runner.adopt(Task.TRAIN):
        runner.stop(ref)
