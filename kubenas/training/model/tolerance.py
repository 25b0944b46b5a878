"""How far apart the predictions of one model may lie when it is computed in two ways."""

from collections.abc import Iterator

import keras
import numpy as np
import numpy.typing as npt

_LEAST = 1e-4
_STEP_AT_ONE = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
_ROUNDINGS = 8
"""Of the coarsest type, which may add up on the way to a probability."""


def tolerance_of(model: keras.Model) -> float:
    """Largest absolute difference of two probabilities that rounding may make.

    A compiled graph fuses operations and orders sums otherwise than layers called one by one, so
    that intermediate values are rounded elsewhere. In float16 (11 bits) and bfloat16 (8 bits) one
    rounding is more than all that float32 adds up to, though the outputs be float32.
    """
    steps = [_STEP_AT_ONE.get(dtype, 0.0) for dtype in _compute_dtypes(model)]
    return max(_LEAST, _ROUNDINGS * max(steps, default=0.0))


def largest_difference(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """NaN where one of them holds a NaN."""
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).max())


def _compute_dtypes(layer: keras.Layer) -> Iterator[str]:
    """Types that a layer and those within it compute in."""
    yield layer.compute_dtype
    for inner in getattr(layer, "layers", ()):
        yield from _compute_dtypes(inner)
