"""Milestones: counts of ended trials after which a model is refitted.

They depend on the count only, so a resumed search refits at the same points.
"""

from collections.abc import Iterator

_APART = 4
"""Minimum distance for neural networks, which take longer to fit than other models."""
_GROWTH = 1.15


def milestone(count: int, *, apart: int = _APART) -> int:
    """Returns the largest milestone up to ``count``; 0 before the first."""
    return max(milestones(0, count, apart=apart), default=0)


def milestones(after: int, upto: int, *, apart: int = _APART) -> Iterator[int]:
    """Yields the milestones in (``after``, ``upto``], at least ``apart`` from each other."""
    reached = apart
    while reached <= upto:
        if reached > after:
            yield reached
        reached = max(reached + apart, int(reached * _GROWTH))
