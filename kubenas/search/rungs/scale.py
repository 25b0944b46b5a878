"""Linear regression from scores on a lower rung to scores on a higher one. Pure functions.

Only networks with good scores were promoted. Selection by the regressor does not bias the slope.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Self

_PRIOR = 3.0
"""Weight, in pairs, of the prior slope of 1."""

_LEAST_REACH = 1e-12
_LEAST_DEVIATION = 1e-9


@dataclass(frozen=True)
class RungScale:
    """A line through the mean scores on both rungs."""

    below: float
    above: float
    slope: float
    deviation: float
    """Standard deviation of scores on the higher rung from the line."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Self:
        """Fits the line to pairs of scores on both rungs; needs at least one pair."""
        below, above = (fmean(scores) for scores in zip(*pairs, strict=True))
        reach = max(abs(x - below) for x, _ in pairs)
        if reach < _LEAST_REACH:
            return cls(below, above, 1.0, _spread([y - above for _, y in pairs]))
        shares = [(x - below) / reach for x, _ in pairs]  # squares of huge scores would overflow
        together = fmean(share * (y - above) for share, (_, y) in zip(shares, pairs, strict=True))
        found = together / reach / fmean(share * share for share in shares)
        slope = max((len(pairs) * found + _PRIOR) / (len(pairs) + _PRIOR), 0.0)
        rest = [y - above - slope * (x - below) for x, y in pairs]
        return cls(below, above, slope, _spread(rest))

    def __call__(self, score: float) -> float:
        """Predicts the score on the higher rung."""
        return self.above + self.slope * (score - self.below)


def _spread(rest: Sequence[float]) -> float:
    """Returns the standard deviation of residuals around 0. One degree of freedom is the mean's."""
    return max(math.hypot(*rest) / math.sqrt(max(len(rest) - 1, 1)), _LEAST_DEVIATION)
