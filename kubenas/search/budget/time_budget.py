"""Time limits of attempts, which keep a search within its caps. Pure functions.

The caps are hard: the cost so far, the time limits of attempts in flight and the time limit of the
next attempt never exceed them together. An attempt is asked to end shortly before its time limit
and killed at the limit. An attempt that ends early releases the rest of its reservation.
"""

from dataclasses import dataclass

from kubenas.config import SearchConfig
from kubenas.search.budget.cost import Cost, Rate

WRAP_UP_SHARE = 0.1
"""Share of the time limit that is kept for validating, saving and exiting."""
_SAFETY_FACTOR = 2.0
"""Time limit as a multiple of the expected time, so that slow trials are not cut short."""
_MIN_SECONDS = 1.0


@dataclass(frozen=True)
class TimeLimit:
    """The time limit of an attempt, and its cost per hour."""

    rate: Rate
    seconds: float | None = None
    """Run time after which the attempt is killed; None: no cap."""
    deadline: float | None = None
    """Unix time at which the search's time ends and the attempt is asked to end; None: never."""

    @property
    def work_seconds(self) -> float | None:
        """Run time, without queueing, after which the attempt is asked to end; None: no cap."""
        return None if self.seconds is None else (1 - WRAP_UP_SHARE) * self.seconds


def affordable_seconds(
    config: SearchConfig, used: Cost, reserved: Cost, rate: Rate
) -> float | None:
    """Returns how long one more attempt could run within the caps; None: no cap.

    Args:
        config: the caps.
        used: cost of ended attempts.
        reserved: maximum cost of attempts in flight.
        rate: cost of the new attempt per hour.
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
    """Returns the time limit of the next attempt; 0: it must not start.

    Args:
        affordable: maximum for one attempt, from :func:`affordable_seconds`.
        needed: expected time of a trial; None: unknown, ``affordable`` is divided by ``slots``.
        slots: attempts that may start now, including this one.
    """
    seconds = affordable / max(1, slots)
    if needed is not None:
        enough = max(needed / (1 - WRAP_UP_SHARE), _MIN_SECONDS)
        seconds = min(affordable, _SAFETY_FACTOR * enough) if affordable >= enough else 0.0
    return seconds if seconds >= _MIN_SECONDS else 0.0


def describe_usage(config: SearchConfig, used: Cost) -> tuple[str, ...]:
    """Describes accelerator-hours and cost with their caps; omits unused ones without a cap."""
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
