"""Two classifiers on the same examples: the difference of their accuracies, and how sure it is."""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from kubenas.trial import Value


class PairedComparison(Value):
    """A challenger against a champion. Differences are the challenger's accuracy minus the
    champion's."""

    examples: int
    gained: int
    """Examples that the challenger alone gets right."""
    lost: int
    """Examples that the champion alone gets right."""
    confidence: float
    low: float
    """Of the interval of the difference."""
    high: float

    @property
    def difference(self) -> float:
        """As observed."""
        return (self.gained - self.lost) / self.examples


def compare(
    challenger_right: npt.NDArray[np.bool_],
    champion_right: npt.NDArray[np.bool_],
    *,
    confidence: float,
) -> PairedComparison:
    """Compares by which examples (shape ``(examples,)``, the same order) each gets right.

    Raises:
        ValueError: there are no examples, or not the same number of them.
    """
    if challenger_right.shape != champion_right.shape or challenger_right.size == 0:
        raise ValueError(
            f"{challenger_right.shape} and {champion_right.shape}: not the same examples"
        )
    examples = challenger_right.size
    gained = int((challenger_right & ~champion_right).sum())
    lost = int((champion_right & ~challenger_right).sum())
    low, high = paired_interval(gained, lost, examples, confidence=confidence)
    return PairedComparison(
        examples=examples, gained=gained, lost=lost, confidence=confidence, low=low, high=high
    )


def paired_interval(
    gained: int, lost: int, examples: int, *, confidence: float
) -> tuple[float, float]:
    """Two-sided interval of a difference of paired proportions (Bonett and Price 2012).

    Their Laplace adjustment, one more of each kind of disagreement, makes Wald's interval sound
    where there are few or none; Fagerland, Lydersen and Laake (2014) recommend it.
    """
    up, down, total = (gained + 1), (lost + 1), examples + 2
    difference = (up - down) / total
    variance = ((up + down) / total - difference**2) / total
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(max(variance, 0.0))
    return max(-1.0, difference - half), min(1.0, difference + half)
