"""Confidence interval of the difference of two independent proportions."""

import math
from statistics import NormalDist


def fall_interval(
    before: tuple[float, int], now: tuple[float, int], *, confidence: float
) -> tuple[float, float]:
    """Returns the two-sided interval of ``before`` minus ``now`` (Agresti and Caffo 2000).

    The method adds one success and one failure to each sample and then uses Wald's interval. The
    interval is conservative if the samples share examples, as test splits of growing data do.

    Args:
        before: A proportion and its number of examples.
        now: A later proportion and its number of examples.
        confidence: Confidence level, 0 to 1.
    """
    (old, old_size), (new, new_size) = (_adjusted(*side) for side in (before, now))
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(
        old * (1 - old) / old_size + new * (1 - new) / new_size
    )
    return old - new - half, old - new + half


def _adjusted(share: float, examples: int) -> tuple[float, int]:
    return (share * examples + 1) / (examples + 2), examples + 2
