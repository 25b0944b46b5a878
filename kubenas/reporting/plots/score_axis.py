"""The axis that shows scores: its range leaves out what is so bad that it hides the rest."""

import math
from collections.abc import Iterable
from typing import Literal

import numpy as np

from kubenas.reporting.formatting import is_share
from kubenas.reporting.plots.plot import Axis, padded

_FENCE = 2.0
"""Box lengths beyond the box; Tukey's 1.5 is meant for finding outliers, not for hiding them."""


def score_axis(scores: Iterable[float], objective: str, direction: Literal["max", "min"]) -> Axis:
    """From the best score to the worst that is no outlier; outliers only on the bad side."""
    values = np.array([s for s in scores if math.isfinite(s)])
    if not values.size:
        return _axis(0.0, 1.0, objective)
    lower, upper = np.quantile(values, [0.25, 0.75])
    reach = _FENCE * max(float(upper - lower), 1e-9 + 0.002 * abs(float(values.mean())))
    low, high = float(values.min()), float(values.max())
    if direction == "max":
        low = max(low, float(values[values >= lower - reach].min()))
    else:
        high = min(high, float(values[values <= upper + reach].max()))
    low, high = padded(low, high)
    return _axis(low, min(high, 1.005) if is_share(objective) else high, objective)


def count_outside(scores: Iterable[float], axis: Axis) -> int:
    """How many scores the axis leaves out."""
    return sum(not axis.low <= score <= axis.high for score in scores)


def _axis(low: float, high: float, objective: str) -> Axis:
    if is_share(objective):
        return Axis(low, high, objective, lambda value: f"{100 * value:.6g}%")
    return Axis(low, high, objective, lambda value: f"{value:.6g}")
