"""When a search is over. Pure."""

from dataclasses import dataclass
from statistics import median
from typing import Literal

from kubenas.config import SearchConfig
from kubenas.search.budget.cost import Cost, Rate
from kubenas.search.budget.counters import SearchCounters
from kubenas.search.budget.time_budget import affordable_seconds, allocate_seconds, describe_usage
from kubenas.search.journal import SearchState


@dataclass(frozen=True)
class Usage:
    """What a search has used and reached."""

    trials: int
    """Proposed ones, duplicates included."""
    seconds: float
    """In which a controller was at work."""
    cost: Cost
    """Of attempts that have ended."""
    affordable_seconds: float | None
    """That one more attempt could run, besides those in flight; None: no cap binds."""
    best: float | None
    best_trial: int | None
    epoch_seconds: float | None
    """Median over completed trials; None: not known yet."""
    slow_epoch_seconds: float | None = None
    """Their upper tenth begins here."""

    def seconds_for(self, epochs: int) -> float | None:
        """What training for ``epochs`` hardly ever exceeds; None: not known yet."""
        return None if self.slow_epoch_seconds is None else epochs * self.slow_epoch_seconds


def measure(
    config: SearchConfig, state: SearchState, counters: SearchCounters, *, rate: Rate, now: float
) -> Usage:
    """The usage at Unix time ``now``, where an attempt is started at ``rate``."""
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
    )


def seconds_at_work(state: SearchState, *, now: float) -> float:
    """Seconds in which a controller was at work, up to Unix time ``now``."""
    since = 0.0 if state.last_at is None or state.closed else max(0.0, now - state.last_at)
    return state.active_seconds + since


def stop_reason(
    search: SearchConfig, usage: Usage, direction: Literal["max", "min"], *, epochs: int
) -> str:
    """Why the next attempt, which trains ``epochs``, may not be started, in words for people.

    Empty: it may. While others are in flight it may be able to later, when they have ended.
    """
    if target_reached(search, usage, direction):
        return f"the target score {search.target_score:g} was reached: {usage.best:g}"
    left = seconds_left(search, usage)
    if left is not None and left <= 0.5 * (usage.epoch_seconds or 0.0):
        return f"the {search.max_seconds:g} seconds of the search were used"
    if time_limit_seconds(usage, epochs=epochs, slots=1) == 0:
        used = " and ".join(describe_usage(search, usage.cost))
        return f"too little was left of its budget for another trial: {used}"
    return ""


def trial_limit_reason(config: SearchConfig, usage: Usage) -> str:
    """Why no further trial may be proposed, in words for people; empty: one may."""
    if usage.trials >= config.max_trials:
        many = config.max_trials > 1
        return f"all {config.max_trials} trials were run" if many else "its one trial was run"
    return ""


def seconds_left(config: SearchConfig, usage: Usage) -> float | None:
    """Seconds that the search may go on for; None: it has no limit."""
    return None if config.max_seconds is None else config.max_seconds - usage.seconds


def time_limit_seconds(usage: Usage, *, epochs: int, slots: int) -> float | None:
    """Seconds that an attempt at ``epochs`` may run; 0: it may not start; None: no cap binds.

    Args:
        usage: so far.
        epochs: that it trains.
        slots: attempts that may be started now, this one included.
    """
    if usage.affordable_seconds is None:
        return None
    needed = usage.seconds_for(epochs)
    return allocate_seconds(usage.affordable_seconds, needed=needed, slots=slots)


def target_reached(config: SearchConfig, usage: Usage, direction: Literal["max", "min"]) -> bool:
    """Whether a trial scored as well as was asked for."""
    if config.target_score is None or usage.best is None:
        return False
    sign = 1 if direction == "max" else -1
    return sign * usage.best >= sign * config.target_score
