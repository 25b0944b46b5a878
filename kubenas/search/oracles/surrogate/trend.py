"""A linear trend in features, as a kernel (Rasmussen and Williams, Gaussian Processes for Machine
Learning, 2006, section 2.7).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats

_MIN_DEVIATION = 1e-9


@dataclass(frozen=True)
class StandardScaler:
    """Standardises columns by the means and deviations of the observations.

    Args:
        used: ``(columns,)``, whether a column is known for all observations and not constant.
        mean: ``(used columns,)``, means.
        deviation: ``(used columns,)``, standard deviations.
    """

    used: NDArray[np.bool_]
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, columns: Floats) -> Self:
        """Fits a scaler to ``(observations, columns)``."""
        deviation = columns.std(axis=0)
        used = deviation > _MIN_DEVIATION
        return cls(used, columns[:, used].mean(axis=0), deviation[used])

    def __call__(self, columns: Floats) -> Floats:
        """Returns standardised columns, ``(points, used columns)``. Unknown values become 0."""
        return np.nan_to_num((columns[:, self.used] - self.mean) / self.deviation)


@dataclass(frozen=True)
class Trend:
    """The kernel of a linear function of standardised columns.

    Args:
        scaler: scaler of the columns.
        weight: prior variance of the slopes.
    """

    scaler: StandardScaler
    weight: float

    def __call__(self, left: Floats, right: Floats) -> Floats:
        """Returns covariances of unscaled columns, ``(left, right)``."""
        return np.asarray(self.weight * (self.scaler(left) @ self.scaler(right).T))

    def variances(self, columns: Floats) -> Floats:
        """Returns prior variances, ``(points,)``."""
        return np.asarray(self.weight * (self.scaler(columns) ** 2).sum(axis=1))
