"""Counts of ended trials at which a network is trained, the same in whatever process."""

from collections.abc import Iterator

_APART = 4
"""At least; the first is as far from 0."""
_GROWTH = 1.15


def milestone(count: int) -> int:
    """The largest milestone that is not above ``count``; 0 before the first."""
    return max(milestones(0, count), default=0)


def milestones(after: int, upto: int) -> Iterator[int]:
    """Those above ``after`` that are not above ``upto``."""
    reached = _APART
    while reached <= upto:
        if reached > after:
            yield reached
        reached = max(reached + _APART, int(reached * _GROWTH))
