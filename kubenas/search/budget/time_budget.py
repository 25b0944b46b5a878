"""How long the next attempt may run so that the search stays within its caps. Pure.

The caps are hard: what was used, what attempts in flight were granted and what the next one is
granted never exceed them together. An attempt is asked to end a little before its time is over
and killed when it is. One that ends early gives back what it has not used.
"""

from dataclasses import dataclass

from kubenas.config import SearchConfig
from kubenas.search.budget.cost import Cost, Rate

WRAP_UP_SHARE = 0.1
"""Share of its time in which an attempt validates, saves and ends."""
_SAFETY_FACTOR = 2.0
"""Times what a trial is expected to take: a slow one is not cut short while there is enough."""
_MIN_SECONDS = 1.0


@dataclass(frozen=True)
class TimeLimit:
    """What an attempt may use."""

    rate: Rate
    seconds: float | None = None
    """Of its run after which it is killed; None: no cap."""
    deadline: float | None = None
    """Unix time at which the search's time is over, and it is asked to end; None: never."""

    @property
    def work_seconds(self) -> float | None:
        """Of its run, to which waiting does not belong, after which it is asked to end; or None."""
        return None if self.seconds is None else (1 - WRAP_UP_SHARE) * self.seconds


def affordable_seconds(
    config: SearchConfig, used: Cost, reserved: Cost, rate: Rate
) -> float | None:
    """Seconds that one more attempt at ``rate`` could run within the caps; None: no cap binds.

    Args:
        config: the caps.
        used: by attempts that have ended.
        reserved: to attempts in flight.
        rate: of the attempt.
    """
    taken = used + reserved
    limits = [
        (config.max_gpu_hours, taken.gpu_hours, rate.accelerators),
        (config.max_cost, taken.money, rate.price),
    ]
    left = [
        max(0.0, cap - amount) / an_hour * 3600
        for cap, amount, an_hour in limits
        if cap is not None and an_hour > 0
    ]
    return min(left, default=None)


def allocate_seconds(affordable: float, *, needed: float | None, slots: int) -> float:
    """Seconds that the next attempt may run; 0: it may not be started.

    Args:
        affordable: of one attempt, as by :func:`affordable_seconds`.
        needed: what a trial takes; None: not known yet, what there is is shared out.
        slots: attempts that may be started now, this one included.
    """
    seconds = affordable / max(1, slots)
    if needed is not None:
        enough = max(needed / (1 - WRAP_UP_SHARE), _MIN_SECONDS)
        seconds = min(affordable, _SAFETY_FACTOR * enough) if affordable >= enough else 0.0
    return seconds if seconds >= _MIN_SECONDS else 0.0


def describe_usage(config: SearchConfig, used: Cost) -> tuple[str, ...]:
    """What was used of what, for people; nothing about what neither is used nor has a cap."""
    return tuple(
        _describe_amount(words, amount, cap)
        for words, amount, cap in (
            ("accelerator-hours {}", used.gpu_hours, config.max_gpu_hours),
            ("cost {}", used.money, config.max_cost),
        )
        if cap is not None or amount > 0
    )


def _describe_amount(words: str, amount: float, cap: float | None) -> str:
    return words.format(f"{amount:.3g}" + ("" if cap is None else f" of {cap:g}"))
