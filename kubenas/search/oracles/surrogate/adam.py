"""The weights of a small network as one vector, and the optimiser Adam (Kingma and Ba, Adam: A
Method for Stochastic Optimization, ICLR 2015).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.floating[Any]]
"""Floating-point arrays of any precision."""

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.99, 1e-8
_MAX_NORM = 5.0
"""Maximum norm of a gradient; longer ones are clipped."""


class Weights(dict[str, Reals]):
    """Arrays by name, which are views of one :attr:`vector`.

    Args:
        arrays: initial values, which are copied.
    """

    def __init__(self, arrays: Mapping[str, Reals]) -> None:
        super().__init__()
        self.vector: Reals = np.concatenate([array.ravel() for array in arrays.values()])
        start = 0
        for name, array in arrays.items():
            self[name] = self.vector[start : start + array.size].reshape(array.shape)
            start += array.size

    def zeros(self) -> "Weights":
        """Returns zeros in the same shapes."""
        return Weights({name: np.zeros_like(array) for name, array in self.items()})

    def clone(self) -> "Weights":
        """Returns a copy."""
        return Weights(self)


class Adam:
    """The optimiser Adam, which updates ``weights`` in place."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._mean = np.zeros_like(weights.vector)
        self._square = np.zeros_like(weights.vector)
        self._steps = 0

    def step(self, gradient: Weights, rate: float) -> None:
        """Updates the weights with learning rate ``rate``. Clips ``gradient`` in place."""
        own = gradient.vector
        own *= min(1.0, _MAX_NORM / (float(np.linalg.norm(own)) + _EPSILON))
        self._steps += 1
        self._mean += (1.0 - _BETA_1) * (own - self._mean)
        self._square += (1.0 - _BETA_2) * (own * own - self._square)
        size = np.sqrt(self._square / (1.0 - _BETA_2**self._steps)) + _EPSILON
        self._weights.vector -= (rate / (1.0 - _BETA_1**self._steps)) * self._mean / size
