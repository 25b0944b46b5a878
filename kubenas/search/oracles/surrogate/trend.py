"""A linear trend: how scores go with quantities, beyond what was observed too (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, section 2.7).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats

_MIN_DEVIATION = 1e-9


@dataclass(frozen=True)
class StandardScaler:
    """Standardises columns by the observations'.

    Args:
        known: ``(columns,)``, whether they are known of all and vary.
        centre: ``(known,)``, their means.
        spread: ``(known,)``, their standard deviations.
    """

    used: NDArray[np.bool_]
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, columns: Floats) -> Self:
        """By ``(observations, columns)``."""
        deviation = columns.std(axis=0)
        used = deviation > _MIN_DEVIATION
        return cls(used, columns[:, used].mean(axis=0), deviation[used])

    def __call__(self, columns: Floats) -> Floats:
        """``(points, known)``; 0 where a point's is not known."""
        return np.nan_to_num((columns[:, self.used] - self.mean) / self.deviation)


@dataclass(frozen=True)
class Trend:
    """Covariances of a linear function of columns.

    Args:
        scale: standardises them.
        weight: variance of its slopes.
    """

    scaler: StandardScaler
    weight: float

    def __call__(self, left: Floats, right: Floats) -> Floats:
        """``(left, right)``, of unscaled columns."""
        return np.asarray(self.weight * (self.scaler(left) @ self.scaler(right).T))

    def variances(self, columns: Floats) -> Floats:
        """Of each row, ``(points,)``."""
        return np.asarray(self.weight * (self.scaler(columns) ** 2).sum(axis=1))
