"""Whether the shares of classes have shifted: the population population_stability index and its chance."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_PSEUDOCOUNT = 0.5


def population_stability(
    before: Mapping[str, int], now: Mapping[str, int]
) -> tuple[float | None, float | None]:
    """Population population_stability index of class shares, and the chance of one so large without a shift.

    Over its sampling error the index is distributed as chi-squared (Yurdakul and Naranjo,
    Statistical properties of the population population_stability index, 2020).

    Args:
        before: examples by class.
        now: the same of other examples.
    """
    both = [name for name in before if before[name] and name in now]
    sizes = [sum(counts[name] for name in both) for counts in (before, now)]
    if len(both) < 2 or not all(sizes):
        return None, None
    shares = [_shares([counts[name] for name in both]) for counts in (before, now)]
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    error = 1 / sizes[0] + 1 / sizes[1]
    return index, _chi_squared_tail(index / error, len(both) - 1)


def _shares(counts: Sequence[int]) -> npt.NDArray[np.float64]:
    smoothed = np.asarray(counts, float) + _PSEUDOCOUNT
    shares: npt.NDArray[np.float64] = smoothed / smoothed.sum()
    return shares


def _chi_squared_tail(value: float, degrees: int) -> float:
    """Upper tail of the chi-squared distribution, as Wilson and Hilferty (1931) approximate it."""
    spread = 2 / (9 * degrees)
    return 1 - NormalDist().cdf(((value / degrees) ** (1 / 3) - 1 + spread) / math.sqrt(spread))
