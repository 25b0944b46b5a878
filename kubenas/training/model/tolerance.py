"""Numerical tolerance between two computations of the same predictions."""

from collections.abc import Iterator

import keras
import numpy as np
import numpy.typing as npt

_LEAST = 1e-4
_STEP_AT_ONE = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
_ROUNDINGS = 8
"""Number of roundings in the coarsest dtype that may add up in a probability."""


def tolerance_of(model: keras.Model) -> float:
    """Returns the largest absolute difference of two probabilities that rounding can cause.

    A compiled graph fuses operations and reorders sums, so intermediate values are rounded at
    other places than in eager execution. In float16 (11 bits) and bfloat16 (8 bits), one rounding
    error exceeds the accumulated error in float32, even if the outputs are float32.
    """
    steps = [_STEP_AT_ONE.get(dtype, 0.0) for dtype in _compute_dtypes(model)]
    return max(_LEAST, _ROUNDINGS * max(steps, default=0.0))


def largest_difference(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Returns the largest absolute difference. NaN if an array contains NaN."""
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).max())


def _compute_dtypes(layer: keras.Layer) -> Iterator[str]:
    """Yields the compute dtypes of a layer and its nested layers."""
    yield layer.compute_dtype
    for inner in getattr(layer, "layers", ()):
        yield from _compute_dtypes(inner)
