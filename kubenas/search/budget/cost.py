"""Cost of attempts in accelerator-hours and money. Pure functions.

The start record of an attempt holds its accelerators and its price per hour, the end record its
run time. Lost attempts count as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from kubenas.config import RunnerConfig
from kubenas.search.journal import AttemptLost, Ended, SearchState, Started, TrialState


@dataclass(frozen=True)
class Cost:
    """A cost, spent or reserved."""

    gpu_hours: float = 0.0
    """Hours multiplied by the number of accelerators."""
    money: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.gpu_hours + other.gpu_hours, self.money + other.money)


@dataclass(frozen=True)
class Rate:
    """The cost of an attempt per hour."""

    accelerators: int = 0
    price: float = 0.0
    """Including all accelerators."""

    @classmethod
    def of(cls, runner: RunnerConfig) -> Self:
        """The rate of a new attempt. Without accelerators, the price counts once."""
        return cls(
            runner.accelerators, (runner.price_per_hour or 0.0) * max(1, runner.accelerators)
        )

    def cost_of(self, seconds: float) -> Cost:
        """Returns the cost of an attempt that runs for ``seconds``."""
        hours = seconds / 3600
        return Cost(self.accelerators * hours, self.price * hours)


def estimate_run_seconds(
    started: Started, *, began: float | None, last_seen: float, now: float
) -> float:
    """Estimates the run time of an attempt whose runner does not know it. Excludes queueing.

    With a time limit, the result is the maximum that the attempt can have used, because the budget
    is a hard cap. Without one, it is the time until the search was last seen alive.

    Args:
        started: the attempt's start record.
        began: Unix time at which the attempt's process began; None: never.
        last_seen: Unix time at which the search was last seen alive.
        now: Unix time.
    """
    if began is None:
        return 0.0
    if started.granted_seconds is None:
        return max(0.0, last_seen - began)
    return min(started.granted_seconds, max(0.0, now - began))


def attempt_cost(trial: TrialState, record: AttemptLost | Ended) -> Cost:
    """Returns the cost of the attempt that ended with ``record``; zero for a duplicate."""
    if record.attempt is None:
        return Cost()
    started = next(each for each in trial.started if each.attempt == record.attempt)
    held = record.held_seconds if isinstance(record, Ended) else 0.0
    return _rate(started).cost_of(max(record.seconds, held))


def total_cost(state: SearchState) -> Cost:
    """Returns the cost of all ended attempts of a search."""
    total = Cost()
    for trial in state.trials.values():
        for lost in trial.lost:
            total += attempt_cost(trial, lost)
        if trial.end is not None:
            total += attempt_cost(trial, trial.end)
    return total


def reserved_cost(trials: Iterable[TrialState]) -> Cost:
    """Returns the cost of the attempts in flight if they use their whole time limit."""
    total = Cost()
    for trial in trials:
        if trial.in_flight:
            started = trial.started[-1]
            total += _rate(started).cost_of(started.granted_seconds or 0.0)
    return total


def _rate(started: Started) -> Rate:
    return Rate(started.accelerators, started.price)
