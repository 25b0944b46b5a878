"""What a score on a lower rung would become on a higher one, by the networks that have both. Pure.

Only networks that did well below were trained further. That leaves the slope of a regression as it
is, for the choice was made by what the line begins from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

_PRIOR = 3.0
"""Pairs that the assumption is worth that differences last: a slope of 1."""

_LEAST_REACH = 1e-12


@dataclass(frozen=True)
class RungScale:
    """A line through the mean scores of those on both rungs."""

    below: float
    above: float
    slope: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Self:
        """Of the scores on both rungs, one network at the least."""
        below, above = (fmean(scores) for scores in zip(*pairs, strict=True))
        reach = max(abs(x - below) for x, _ in pairs)
        if reach < _LEAST_REACH:
            return cls(below, above, 1.0)
        shares = [(x - below) / reach for x, _ in pairs]  # squares of huge scores would overflow
        together = fmean(share * (y - above) for share, (_, y) in zip(shares, pairs, strict=True))
        found = together / reach / fmean(share * share for share in shares)
        slope = (len(pairs) * found + _PRIOR) / (len(pairs) + _PRIOR)
        return cls(below, above, max(slope, 0.0))

    def __call__(self, score: float) -> float:
        """A score on the lower rung, as one on the higher."""
        return self.above + self.slope * (score - self.below)
