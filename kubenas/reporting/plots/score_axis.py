"""The score axis of plots. Its range excludes outliers on the bad side."""

import math
from collections.abc import Iterable
from typing import Literal

import numpy as np

from kubenas.reporting.formatting import is_share
from kubenas.reporting.plots.plot import Axis, padded

_FENCE = 2.0
"""Interquartile ranges beyond the quartile. Wider than Tukey's 1.5, since outliers are hidden."""


def score_axis(scores: Iterable[float], objective: str, direction: Literal["max", "min"]) -> Axis:
    """Returns an axis from the best score to the worst score that is not an outlier."""
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
    """Returns the number of scores outside the range of the axis."""
    return sum(not axis.low <= score <= axis.high for score in scores)


def _axis(low: float, high: float, objective: str) -> Axis:
    if is_share(objective):
        return Axis(low, high, objective, lambda value: f"{100 * value:.6g}%")
    return Axis(low, high, objective, lambda value: f"{value:.6g}")
