"""Weights and floating-point operations of an operation. Imports no Keras."""

import math
from typing import assert_never

from kubenas.spaces.convolution.operations import (
    Convolve,
    Operation,
    Pool,
    Resize,
    SqueezeExcite,
)
from kubenas.spaces.shapes import Map

_NORM_WEIGHTS = 4
"""Weights of batch normalisation for each channel."""
_NORM_WORK = 2
"""Operations of batch normalisation for each value: a multiplication and an addition."""


def cost_of(operation: Operation, shape: Map) -> tuple[int, int]:
    """Returns weights and floating-point operations for an input of ``shape``.

    A multiply-add is two operations. Those of activations and of interpolation are not counted.
    """
    output = operation.output(shape)
    match operation:
        case Pool():
            return 0, math.prod(operation.size) * math.prod(output)
        case Resize():
            return 0, 0
        case SqueezeExcite():
            kernels, biases = 2 * shape[2] * operation.units, operation.units + shape[2]
            return kernels + biases, 2 * kernels + biases + 2 * math.prod(shape)
        case Convolve():
            kernel = _kernel(operation, shape[2])
            places = output[0] * output[1]
            norm_weights, norm_work = norm_cost(output)
            return kernel + norm_weights, 2 * places * kernel + norm_work
        case _:
            assert_never(operation)


def written_by(operation: Operation, shape: Map) -> int:
    """Returns the values that the operation writes for an input of ``shape``."""
    output = operation.output(shape)
    written = math.prod(output)
    if isinstance(operation, Convolve) and operation.kind == "separable":
        written += output[0] * output[1] * shape[2]  # the depthwise convolution's output
    return written


def norm_cost(shape: Map) -> tuple[int, int]:
    """Returns weights and floating-point operations of the normalisation of a map."""
    return _NORM_WEIGHTS * shape[2], _NORM_WORK * math.prod(shape)


def classifier_cost(shape: Map, num_classes: int) -> tuple[int, int]:
    """Returns weights and floating-point operations of averaging a map and a dense layer."""
    channels = shape[2]
    work = math.prod(shape) + (2 * channels + 1) * num_classes
    return (channels + 1) * num_classes, work


def _kernel(operation: Convolve, channels: int) -> int:
    """Returns the convolution's own weights. Each is used once for each place of the output."""
    window = operation.kernel**2
    match operation.kind:
        case "conv":
            return window * channels * operation.filters
        case "depthwise":
            return window * channels
        case "separable":
            return window * channels + channels * operation.filters
