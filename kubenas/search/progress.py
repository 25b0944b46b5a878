"""How far a search or a batch of attempts has come."""

from collections.abc import Callable
from dataclasses import dataclass

from kubenas.search.journal import SearchState


@dataclass(frozen=True)
class RunningAttempt:
    """An attempt at work."""

    trial: int
    attempt: int
    seconds: float
    """Since it began to run; before that, since it was started."""
    epoch: int | None = None
    """Epochs that it has finished, where that is known."""
    waiting: str = ""
    """Why it does not run yet; empty: it does."""


@dataclass(frozen=True)
class Progress:
    """A moment of a search or of a batch of attempts."""

    activity: str
    """What is being done: describe, search, ..."""
    done: int
    """Trials or attempts that have ended."""
    total: int
    """Trials at the most, or attempts in the batch."""
    running: tuple[RunningAttempt, ...] = ()
    completed: int = 0
    """Of those that have ended."""
    best_score: float | None = None
    best_trial: int | None = None
    seconds: float = 0.0
    """Time at work, that of earlier controllers of the search included."""
    seconds_left: float | None = None
    """An estimate."""
    used: tuple[str, ...] = ()
    """Accelerators and money, in words for people; empty where neither counts."""
    gpu_hours: float = 0.0
    """Hours times the accelerators that ended attempts held in them."""


OnProgress = Callable[[Progress], None]
OnState = Callable[[SearchState], None]
"""Sees the state of a search as it goes on."""


def estimate_seconds_left(
    *, seconds: float, done: int, total: int, limit: float | None = None
) -> float | None:
    """Time to the end at the pace so far, no longer than ``limit``; None: too early to say."""
    if done == 0:
        return limit
    estimate = max(0, total - done) * seconds / done
    return estimate if limit is None else max(0.0, min(estimate, limit))
