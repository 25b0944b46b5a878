"""The population stability index of class shares, and its p-value."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_PSEUDOCOUNT = 0.5


def population_stability(
    before: Mapping[str, int], now: Mapping[str, int]
) -> tuple[float | None, float | None]:
    """Returns the population stability index of class shares, and its p-value.

    Only classes in both samples are compared. Returns None for both if there are fewer than two.
    Divided by the sampling error, the index has a chi-squared distribution (Yurdakul and Naranjo,
    Statistical properties of the population stability index, 2020).

    Args:
        before: number of examples of each class in the earlier sample.
        now: number of examples of each class in the new sample.
    """
    common = [name for name in before if before[name] and name in now]
    sizes = [sum(counts[name] for name in common) for counts in (before, now)]
    if len(common) < 2 or not all(sizes):
        return None, None
    shares = [_shares([counts[name] for name in common]) for counts in (before, now)]
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    error = 1 / sizes[0] + 1 / sizes[1]
    return index, _chi_squared_tail(index / error, len(common) - 1)


def _shares(counts: Sequence[int]) -> npt.NDArray[np.float64]:
    smoothed = np.asarray(counts, float) + _PSEUDOCOUNT
    shares: npt.NDArray[np.float64] = smoothed / smoothed.sum()
    return shares


def _chi_squared_tail(value: float, degrees: int) -> float:
    """Returns the upper tail of the chi-squared distribution (Wilson and Hilferty, 1931)."""
    spread = 2 / (9 * degrees)
    return 1 - NormalDist().cdf(((value / degrees) ** (1 / 3) - 1 + spread) / math.sqrt(spread))
