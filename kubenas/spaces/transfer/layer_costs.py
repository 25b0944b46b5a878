"""Weights and floating-point operations of Keras's layers, from their configuration. No Keras."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kubenas.spaces.transfer.keras_file import Node
from kubenas.spaces.transfer.layer_shapes import (
    CONVOLUTIONS,
    GLOBAL_POOLS,
    MERGES,
    POOLS,
    Shape,
)

_PER_VALUE = frozenset({"BatchNormalization", "Normalization", "Rescaling"})
_NORM_WORK = 2
"""Operations of a normalisation for each value: a multiplication and an addition."""


def layer_cost(node: Node, inputs: Sequence[Shape], output: Shape) -> tuple[int, int]:
    """Returns weights and floating-point operations of a node for shapes of inputs and output.

    A multiply-add is two operations. Those of activations are not counted.
    """
    settings, kind = node.settings, node.kind
    values = math.prod(output)
    if kind in CONVOLUTIONS:
        return _convolution(settings, kind, inputs[0][-1], output)
    if kind == "Dense":
        return _with_bias(settings, inputs[0][-1] * output[-1], output[-1], values // output[-1])
    if kind in _PER_VALUE:
        return _statistics(node, output), _NORM_WORK * values
    return 0, _work_without_weights(node, inputs, values)


def _work_without_weights(node: Node, inputs: Sequence[Shape], values: int) -> int:
    if node.kind in POOLS:
        window: int = math.prod(node.settings["pool_size"])
        return window * values
    if node.kind in GLOBAL_POOLS:
        return math.prod(inputs[0])
    return (len(node.inputs) - 1) * values if node.kind in MERGES else 0


def _convolution(
    settings: Mapping[str, Any], kind: str, channels: int, output: Shape
) -> tuple[int, int]:
    window = math.prod(settings["kernel_size"])
    multiplied = channels * (settings.get("depth_multiplier") or 1)
    kernel = {
        "Conv2D": window * channels // (settings.get("groups") or 1) * output[-1],
        "DepthwiseConv2D": window * multiplied,
        "SeparableConv2D": window * multiplied + multiplied * output[-1],
    }[kind]
    return _with_bias(settings, kernel, output[-1], math.prod(output[:-1]))


def _with_bias(
    settings: Mapping[str, Any], kernel: int, outputs: int, places: int
) -> tuple[int, int]:
    """Returns the cost of a kernel whose weights are used once for each place of the output."""
    bias = outputs if settings["use_bias"] else 0
    return kernel + bias, places * (2 * kernel + bias)


def _statistics(node: Node, shape: Shape) -> int:
    """Returns the weights of a normalisation or rescaling.

    Those of a Normalization are mean and variance, unless they are settings, and a count.
    """
    settings = node.settings
    if node.kind == "BatchNormalization":
        return shape[-1] * (2 + bool(settings["center"]) + bool(settings["scale"]))
    if node.kind == "Rescaling" or settings.get("mean") is not None:
        return 0
    axis = settings["axis"]
    axes = [axis] if isinstance(axis, int) else list(axis or [])
    kept = math.prod(shape[each if each < 0 else each - 1] for each in axes)
    return 2 * kept + 1
