"""Weights and floating-point operations of a node of the space ``cell``. No Keras."""

import math
from collections.abc import Sequence
from typing import assert_never

from kubenas.spaces.cell.operations import (
    Concatenate,
    Convolve,
    FactorizedReduce,
    Image,
    NormActivation,
    Pool,
    Separable,
    Sum,
    Zeros,
)
from kubenas.spaces.cell.wiring import Node
from kubenas.spaces.convolution.cost import norm_cost
from kubenas.spaces.shapes import Map, output_sides


def node_size(node: Node, inputs: Sequence[Map]) -> tuple[int, int]:
    """Returns weights and floating-point operations; a multiply-add is two operations.

    Args:
        node: the node.
        inputs: shapes of its inputs. Those of a convolution or a pooling are one shape.
    """
    values = math.prod(node.shape)
    match node.operation:
        case Image() | Concatenate():
            return 0, 0
        case Sum():
            return 0, (len(inputs) - 1) * values
        case Zeros():
            return 0, 2 * values
        case Pool(size=size):
            return 0, math.prod(size) * values
        case NormActivation():
            return norm_cost(node.shape)
        case Convolve() | Separable() | FactorizedReduce():
            return _convolution_size(node.operation, inputs[0], node.shape)
        case _:
            assert_never(node.operation)


def _convolution_size(
    operation: Convolve | Separable | FactorizedReduce, shape: Map, output: Map
) -> tuple[int, int]:
    places, channels = output[0] * output[1], shape[2]
    match operation:
        case Separable():
            window = operation.kernel**2 * channels
            height, width = output_sides(shape, operation.depthwise_strides)
            kernel = channels * operation.filters
            weights, work = window + kernel, 2 * (height * width * window + places * kernel)
        case Convolve():
            weights = operation.kernel**2 * channels * operation.filters
            work = 2 * places * weights
        case FactorizedReduce():
            weights = channels * operation.filters
            work = 2 * places * weights
    if isinstance(operation, Convolve) and not operation.normalised:
        return weights, work
    norm_weights, norm_work = norm_cost(output)
    return weights + norm_weights, work + norm_work
