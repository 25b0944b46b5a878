"""Comparison of two classifiers on the same examples, with a confidence interval."""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from kubenas.trial import Value


class PairedComparison(Value):
    """A challenger compared with a champion.

    Differences are the challenger's accuracy minus the champion's.
    """

    examples: int
    gained: int
    """Examples that only the challenger classifies correctly."""
    lost: int
    """Examples that only the champion classifies correctly."""
    confidence: float
    low: float
    """Lower bound of the confidence interval of the difference."""
    high: float
    """Upper bound."""

    @property
    def difference(self) -> float:
        """Observed difference of the accuracies."""
        return (self.gained - self.lost) / self.examples


def compare(
    challenger_correct: npt.NDArray[np.bool_],
    champion_correct: npt.NDArray[np.bool_],
    *,
    confidence: float,
) -> PairedComparison:
    """Compares two models on the same examples.

    Args:
        challenger_correct: Shape (examples,): whether each prediction is correct.
        champion_correct: The same for the champion, in the same order.
        confidence: Confidence level, 0 to 1.

    Raises:
        ValueError: The arrays are empty or have different shapes.
    """
    if challenger_correct.shape != champion_correct.shape or challenger_correct.size == 0:
        raise ValueError(
            f"{challenger_correct.shape} and {champion_correct.shape}: not the same examples"
        )
    examples = challenger_correct.size
    gained = int((challenger_correct & ~champion_correct).sum())
    lost = int((champion_correct & ~challenger_correct).sum())
    low, high = paired_interval(gained, lost, examples, confidence=confidence)
    return PairedComparison(
        examples=examples, gained=gained, lost=lost, confidence=confidence, low=low, high=high
    )


def paired_interval(
    gained: int, lost: int, examples: int, *, confidence: float
) -> tuple[float, float]:
    """Returns the two-sided interval of a difference of paired proportions.

    Wald's interval with the Laplace adjustment of Bonett and Price (2012), which adds one to both
    discordant counts. Fagerland, Lydersen and Laake (2014) recommend it for small counts.
    """
    up, down, total = (gained + 1), (lost + 1), examples + 2
    difference = (up - down) / total
    variance = ((up + down) / total - difference**2) / total
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(max(variance, 0.0))
    return max(-1.0, difference - half), min(1.0, difference + half)
