"""What attempts use of accelerators and money. Pure.

An attempt's record says what it holds and what that costs an hour; its end says for how long.
Attempts that were lost have used what they used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from kubenas.config import RunnerConfig
from kubenas.search.journal import AttemptLost, Ended, SearchState, Started, TrialState


@dataclass(frozen=True)
class Cost:
    """An amount used, or to be used."""

    gpu_hours: float = 0.0
    """Hours times the accelerators held in them."""
    money: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.gpu_hours + other.gpu_hours, self.money + other.money)


@dataclass(frozen=True)
class Rate:
    """What an attempt uses in an hour."""

    accelerators: int = 0
    price: float = 0.0
    """Of all that it holds."""

    @classmethod
    def of(cls, runner: RunnerConfig) -> Self:
        """That of an attempt which is started now. Without accelerators it costs as one does."""
        return cls(
            runner.accelerators, (runner.price_per_hour or 0.0) * max(1, runner.accelerators)
        )

    def cost_of(self, seconds: float) -> Cost:
        """What an attempt of ``seconds`` uses."""
        hours = seconds / 3600
        return Cost(self.accelerators * hours, self.price * hours)


def estimate_run_seconds(
    started: Started, *, began: float | None, last_seen: float, now: float
) -> float:
    """Seconds to count for an attempt of which its runner does not know how long it ran.

    Where a cap binds, all that it may have used by Unix time ``now``, for the cap is hard; else up
    to when the search was last seen alive. Its time in the queue counts in neither case.

    Args:
        started: its record.
        began: Unix time at which it began, by its own word; None: it never did.
        last_seen: Unix time.
        now: Unix time.
    """
    if began is None:
        return 0.0
    if started.granted_seconds is None:
        return max(0.0, last_seen - began)
    return min(started.granted_seconds, max(0.0, now - began))


def attempt_cost(trial: TrialState, record: AttemptLost | Ended) -> Cost:
    """What the attempt that ended with ``record`` has used; nothing if it is a duplicate's end."""
    if record.attempt is None:
        return Cost()
    started = next(each for each in trial.started if each.attempt == record.attempt)
    held = record.held_seconds if isinstance(record, Ended) else 0.0
    return _rate(started).cost_of(max(record.seconds, held))


def total_cost(state: SearchState) -> Cost:
    """What all ended attempts of a search have used."""
    total = Cost()
    for trial in state.trials.values():
        for lost in trial.lost:
            total += attempt_cost(trial, lost)
        if trial.end is not None:
            total += attempt_cost(trial, trial.end)
    return total


def reserved_cost(trials: Iterable[TrialState]) -> Cost:
    """What the attempts in flight may yet use, all they were granted."""
    total = Cost()
    for trial in trials:
        if trial.in_flight:
            started = trial.started[-1]
            total += _rate(started).cost_of(started.granted_seconds or 0.0)
    return total


def _rate(started: Started) -> Rate:
    return Rate(started.accelerators, started.price)
