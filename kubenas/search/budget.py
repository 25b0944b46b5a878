"""When a search is over. Pure."""

from dataclasses import dataclass
from statistics import median
from typing import Literal

from kubenas.config import SearchConfig
from kubenas.search.state import SearchState
from kubenas.search.tally import Tally


@dataclass(frozen=True)
class Usage:
    """What a search has used and reached."""

    trials: int
    """Proposed ones, duplicates included."""
    seconds: float
    """In which a controller was at work."""
    gpu_hours: float
    best: float | None
    best_trial: int | None
    epoch_seconds: float | None
    """Median over completed trials; None: not known yet."""


def measure(state: SearchState, tally: Tally, *, now: float, accelerators: int = 0) -> Usage:
    """The usage at Unix time ``now``, with ``accelerators`` in each trial."""
    score, number = tally.best or (None, None)
    return Usage(
        trials=len(state.trials),
        seconds=seconds_at_work(state, now=now),
        gpu_hours=accelerators * tally.seconds / 3600,
        best=score,
        best_trial=number,
        epoch_seconds=median(tally.epoch_seconds) if tally.epoch_seconds else None,
    )


def seconds_at_work(state: SearchState, *, now: float) -> float:
    """Seconds in which a controller was at work, up to Unix time ``now``."""
    since = 0.0 if state.last_at is None or state.closed else max(0.0, now - state.last_at)
    return state.active_seconds + since


def nothing_more(config: SearchConfig, usage: Usage, direction: Literal["max", "min"]) -> str:
    """Why no attempt may be started any more, in words for people; empty: one may."""
    if target_reached(config, usage, direction):
        return f"the target score {config.target_score:g} was reached: {usage.best:g}"
    left = seconds_left(config, usage)
    if left is not None and left <= 0.5 * (usage.epoch_seconds or 0.0):
        return f"the {config.max_seconds:g} seconds of the search were used"
    if config.max_gpu_hours is not None and usage.gpu_hours >= config.max_gpu_hours:
        return f"the {config.max_gpu_hours:g} accelerator-hours of the search were used"
    return ""


def no_more_trials(config: SearchConfig, usage: Usage) -> str:
    """Why no further trial may be proposed, in words for people; empty: one may."""
    if usage.trials >= config.max_trials:
        return f"all {config.max_trials} trials were run"
    return ""


def seconds_left(config: SearchConfig, usage: Usage) -> float | None:
    """Seconds that the search may go on for; None: it has no limit."""
    return None if config.max_seconds is None else config.max_seconds - usage.seconds


def target_reached(config: SearchConfig, usage: Usage, direction: Literal["max", "min"]) -> bool:
    """Whether a trial scored as well as was asked for."""
    if config.target_score is None or usage.best is None:
        return False
    sign = 1 if direction == "max" else -1
    return sign * usage.best >= sign * config.target_score
