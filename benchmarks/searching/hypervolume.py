"""The area that points of two objectives dominate."""

import numpy as np

from searching.tables.arrays import Floats
from searching.tables.table import Scores


def scaled(scores: Floats, worst: Scores, best: Scores) -> Floats:
    """Points x objectives as shares of the way from ``worst`` to ``best``."""
    low, high = np.array(worst), np.array(best)
    return np.clip((np.asarray(scores, dtype=float) - low) / (high - low), 0.0, 1.0)


def dominated(shares: Floats) -> float:
    """The area that points x 2 shares dominate, 0 to 1; more is better in both."""
    area, reached = 0.0, 0.0
    for first, second in sorted(shares.tolist(), reverse=True):
        area += first * max(0.0, second - reached)
        reached = max(reached, second)
    return area
