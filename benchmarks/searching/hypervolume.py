"""The dominated area of points with two objectives."""

import numpy as np

from searching.tables.arrays import Floats
from searching.tables.table import Scores


def scaled(scores: Floats, worst: Scores, best: Scores) -> Floats:
    """Scales (points, objectives) to 0 (``worst``) .. 1 (``best``)."""
    low, high = np.array(worst), np.array(best)
    return np.clip((np.asarray(scores, dtype=float) - low) / (high - low), 0.0, 1.0)


def dominated(shares: Floats) -> float:
    """Returns the area that (points, 2) dominate, 0 to 1. Larger is better in both columns."""
    area, reached = 0.0, 0.0
    for first, second in sorted(shares.tolist(), reverse=True):
        area += first * max(0.0, second - reached)
        reached = max(reached, second)
    return area
