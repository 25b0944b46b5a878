"""Counts of ended trials at which a model is fitted anew, the same in whatever process."""

from collections.abc import Iterator

_APART = 4
"""Of networks, which take longer to train."""
_GROWTH = 1.15


def milestone(count: int, *, apart: int = _APART) -> int:
    """The largest milestone that is not above ``count``; 0 before the first."""
    return max(milestones(0, count, apart=apart), default=0)


def milestones(after: int, upto: int, *, apart: int = _APART) -> Iterator[int]:
    """Those above ``after`` that are not above ``upto``: at least ``apart``, from 0 on."""
    reached = apart
    while reached <= upto:
        if reached > after:
            yield reached
        reached = max(reached + apart, int(reached * _GROWTH))
