"""Progress of a search or of a batch of attempts."""

from collections.abc import Callable
from dataclasses import dataclass

from kubenas.search.journal import SearchState


@dataclass(frozen=True)
class RunningAttempt:
    """A running or waiting attempt."""

    trial: int
    attempt: int
    seconds: float
    """Seconds since it began to run; while it waits, seconds since it was started."""
    epoch: int | None = None
    """Epochs that it has finished; None if unknown."""
    waiting: str = ""
    """Why it does not run yet; empty if it runs."""


@dataclass(frozen=True)
class Progress:
    """A snapshot of a search or of a batch of attempts."""

    activity: str
    """The current activity: describe, search, ..."""
    done: int
    """Trials or attempts that have ended."""
    total: int | None
    """Maximum number of trials, or number of attempts in the batch; None: no maximum."""
    running: tuple[RunningAttempt, ...] = ()
    completed: int = 0
    """Trials that completed, out of ``done``."""
    best_score: float | None = None
    best_trial: int | None = None
    seconds: float = 0.0
    """Time in which a controller was running, including earlier controllers of the search."""
    seconds_left: float | None = None
    """Estimated time to the end."""
    used: tuple[str, ...] = ()
    """Accelerator-hours and cost as text; empty if there are neither."""
    gpu_hours: float = 0.0
    """Accelerator-hours of ended attempts."""


OnProgress = Callable[[Progress], None]
OnState = Callable[[SearchState], None]
"""Called with each new state of a search."""


def describe_done(done: int, total: int | None) -> str:
    """Says how many trials or attempts have ended."""
    return f"{done} done" if total is None else f"{done} of {total} done"


def estimate_seconds_left(
    *, seconds: float, done: int, total: int | None, limit: float | None = None
) -> float | None:
    """Estimates the time to the end from the pace so far, at most ``limit``; None if unknown."""
    limit = None if limit is None else max(0.0, limit)
    if done == 0 or total is None:
        return limit
    estimate = max(0, total - done) * seconds / done
    return estimate if limit is None else min(estimate, limit)
