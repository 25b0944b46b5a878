"""Shares of different examples: whether one has fallen, beyond chance."""

import math
from statistics import NormalDist


def fall_interval(
    before: tuple[float, int], now: tuple[float, int], *, confidence: float
) -> tuple[float, float]:
    """Two-sided interval of how far a share has fallen (Agresti and Caffo 2000).

    They add one example of each kind to both sides, which makes Wald's interval sound. Where both
    sides have examples in common, as test splits that grow, it is wider than it need be.

    Args:
        before: a share and the number of examples that it is of.
        now: the same, later.
        confidence: of the interval, 0 to 1.
    """
    (old, old_size), (new, new_size) = (_adjusted(*side) for side in (before, now))
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(
        old * (1 - old) / old_size + new * (1 - new) / new_size
    )
    return old - new - half, old - new + half


def _adjusted(share: float, examples: int) -> tuple[float, int]:
    return (share * examples + 1) / (examples + 2), examples + 2
