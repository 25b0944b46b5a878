"""Linear regression from scores on a lower rung to scores on a higher one. Pure functions.

Only networks with good scores were promoted. Selection by the regressor does not bias the slope.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

_PRIOR = 3.0
"""Weight, in pairs, of the prior slope of 1."""

_LEAST_REACH = 1e-12


@dataclass(frozen=True)
class RungScale:
    """A line through the mean scores on both rungs."""

    below: float
    above: float
    slope: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Self:
        """Fits the line to pairs of scores on both rungs; needs at least one pair."""
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
        """Predicts the score on the higher rung."""
        return self.above + self.slope * (score - self.below)
