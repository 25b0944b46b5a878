"""Stop conditions of a search. Pure functions."""

from dataclasses import dataclass
from statistics import median
from typing import Literal

from kubenas.config import SearchConfig
from kubenas.search.budget.cost import Cost, Rate
from kubenas.search.budget.counters import SearchCounters
from kubenas.search.budget.time_budget import affordable_seconds, allocate_seconds, describe_usage
from kubenas.search.journal import SearchState

_OVERTIME_SECONDS = 60.0
"""Grace period for trials in flight to end by themselves after the search's time limit."""


@dataclass(frozen=True)
class Usage:
    """Resources used by a search and the scores reached."""

    trials: int
    """Proposed trials, including duplicates."""
    seconds: float
    """Time in which a controller was running."""
    cost: Cost
    """Cost of ended attempts."""
    affordable_seconds: float | None
    """Maximum run time of one more attempt, besides those in flight; None: no cap."""
    best: float | None
    best_trial: int | None
    epoch_seconds: float | None
    """Median over completed trials; None: unknown so far."""
    slow_epoch_seconds: float | None = None
    """90th percentile over completed trials; None: unknown so far."""
    best_epoch_seconds: float | None = None
    """That of the best trial; None: unknown."""

    def seconds_for(self, epochs: int) -> float | None:
        """Returns the 90th percentile of the time for ``epochs``; None: unknown so far."""
        return None if self.slow_epoch_seconds is None else epochs * self.slow_epoch_seconds


def measure(
    config: SearchConfig, state: SearchState, counters: SearchCounters, *, rate: Rate, now: float
) -> Usage:
    """Returns the usage at Unix time ``now``; a new attempt would cost ``rate``."""
    score, number = counters.best or (None, None)
    epochs = counters.epoch_seconds
    return Usage(
        trials=len(state.trials),
        seconds=seconds_at_work(state, now=now),
        cost=counters.cost,
        affordable_seconds=affordable_seconds(config, counters.cost, counters.reserved, rate),
        best=score,
        best_trial=number,
        epoch_seconds=median(epochs) if epochs else None,
        slow_epoch_seconds=epochs[9 * len(epochs) // 10] if epochs else None,
        best_epoch_seconds=counters.best_epoch_seconds,
    )


def seconds_at_work(state: SearchState, *, now: float) -> float:
    """Returns the seconds in which a controller was running, up to Unix time ``now``."""
    since = 0.0 if state.last_at is None or state.closed else max(0.0, now - state.last_at)
    return state.active_seconds + since


def stop_reason(
    search: SearchConfig, usage: Usage, direction: Literal["max", "min"], *, epochs: int
) -> str:
    """Returns why the next attempt, which trains ``epochs``, must not start; empty if it may.

    The reason may cease to hold when attempts in flight end and release their reserved budget.
    """
    if target_reached(search, usage, direction):
        return f"the target score {search.target_score:g} was reached: {usage.best:g}"
    left = seconds_left(search, usage)
    if left is not None and left <= 0.5 * (usage.epoch_seconds or 0.0):
        return f"the search's {search.max_seconds:g} seconds were used"
    if time_limit_seconds(usage, epochs=epochs, slots=1) == 0:
        used = " and ".join(describe_usage(search, usage.cost))
        return f"the remaining budget is too small for another trial: {used}"
    return ""


def must_stop(config: SearchConfig, usage: Usage, direction: Literal["max", "min"]) -> bool:
    """Whether attempts in flight are stopped: the target was reached or the time is well over."""
    left = seconds_left(config, usage)
    overtime = left is not None and left < -_OVERTIME_SECONDS
    return overtime or target_reached(config, usage, direction)


def trial_limit_reason(config: SearchConfig, usage: Usage) -> str:
    """Returns why no further trial may be proposed; empty if one may."""
    limit = config.trial_limit
    if limit is None or usage.trials < limit:
        return ""
    return f"all {limit} trials were run" if limit > 1 else "its one trial was run"


def seconds_left(config: SearchConfig, usage: Usage) -> float | None:
    """Returns the search's remaining seconds; None: no limit."""
    return None if config.max_seconds is None else config.max_seconds - usage.seconds


def unused_seconds(config: SearchConfig, state: SearchState) -> float:
    """Returns the seconds of the time limit that a closed search did not use; 0 without a limit."""
    return max(0.0, (config.max_seconds or 0.0) - state.active_seconds)


def time_limit_seconds(usage: Usage, *, epochs: int, slots: int) -> float | None:
    """Returns the time limit of the next attempt; 0: it must not start; None: no cap.

    Args:
        usage: the search's usage so far.
        epochs: epochs that the attempt trains.
        slots: attempts that may start now, including this one.
    """
    if usage.affordable_seconds is None:
        return None
    needed = usage.seconds_for(epochs)
    return allocate_seconds(usage.affordable_seconds, needed=needed, slots=slots)


def target_reached(config: SearchConfig, usage: Usage, direction: Literal["max", "min"]) -> bool:
    """Whether the best score has reached ``target_score``."""
    if config.target_score is None or usage.best is None:
        return False
    sign = 1 if direction == "max" else -1
    return sign * usage.best >= sign * config.target_score
