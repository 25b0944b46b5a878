"""The graph and the size of a network of the space ``residual``, from values alone. No Keras."""

import math
from collections.abc import Mapping
from typing import Any, assert_never

from kubenas.spaces.graph import Graph
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.network import network_of
from kubenas.spaces.residual.operations import (
    Block,
    Convolve,
    Operation,
    Pool,
    SqueezeExcite,
    build_body,
)
from kubenas.spaces.shapes import Map

_IN_NODES = ("stages", "stage_", "stem/")
"""Prefixes of the hyperparameters that the nodes' labels hold."""
_NORM_WEIGHTS = 4
"""Weights of batch normalisation for each channel."""
_NORM_WORK = 2
"""Operations of batch normalisation for each value: a multiplication and an addition."""


class ResidualGraph:
    """Computes the graph of a network from the values of its hyperparameters.

    Args:
        input_shape: height, width and channels of a picture.
        num_classes: number of classes.
        options: options of the space; the graph does not depend on them.
    """

    def __init__(self, *, input_shape: Map, num_classes: int, options: ResidualOptions) -> None:
        del options
        self._input_shape = input_shape
        self._num_classes = num_classes

    def __call__(self, values: Mapping[str, Any]) -> Graph:
        """Returns the graph of the network at ``values``.

        The number of weights is exact. Floating-point operations of activations are not counted.
        """
        nodes = _Nodes(self._input_shape)
        maps = build_body(network_of(values), self._input_shape)
        for operation in maps.stem:
            nodes.append(operation)
        for block in maps.blocks:
            nodes.append_block(block)
        nodes.append_output(self._num_classes)
        return Graph(
            tuple(nodes.labels),
            tuple(nodes.edges),
            parameters=nodes.parameters,
            flops=nodes.flops,
            rest={name: value for name, value in values.items() if not name.startswith(_IN_NODES)},
        )


class _Nodes:
    """A graph under construction. New operations take the output of the last node."""

    def __init__(self, input_shape: Map) -> None:
        self.labels: list[str] = []
        self.edges: list[tuple[int, int]] = []
        self.parameters = 0
        self.flops = 0
        self._shape = input_shape

    def append(self, operation: Operation) -> None:
        output = operation.output(self._shape)
        weights, work = _cost(operation, self._shape, output)
        self._add(_label(operation), *self._last(), weights=weights, work=work)
        self._shape = output

    def append_block(self, block: Block) -> None:
        start, shape = len(self.labels) - 1, self._shape
        for operation in block.branch:
            self.append(operation)
        branch, shortcut = len(self.labels) - 1, start
        if block.shortcut is not None:
            weights, work = _cost(block.shortcut, shape, self._shape)
            shortcut = self._add(_label(block.shortcut), start, weights=weights, work=work)
        label = "add, activation" if block.activated else "add"
        self._add(label, branch, shortcut, work=math.prod(self._shape))

    def append_output(self, num_classes: int) -> None:
        self._add("average", *self._last(), work=math.prod(self._shape))
        channels = self._shape[2]
        self.parameters += (channels + 1) * num_classes
        self.flops += (2 * channels + 1) * num_classes

    def _last(self) -> list[int]:
        return [len(self.labels) - 1] if self.labels else []

    def _add(self, label: str, *inputs: int, weights: int = 0, work: int = 0) -> int:
        node = len(self.labels)
        self.labels.append(label)
        self.edges += [(source, node) for source in inputs]
        self.parameters += weights
        self.flops += work
        return node


def _label(operation: Operation) -> str:
    match operation:
        case Pool():
            return f"max pool {operation.size}"
        case SqueezeExcite():
            return f"squeeze-excite {operation.units}"
        case Convolve():
            linear = "" if operation.activated else " linear"
            stride = "" if operation.strides == (1, 1) else f" / {operation.strides}"
            return f"{operation.kind} {operation.kernel} {operation.filters}{stride}{linear}"
        case _:
            assert_never(operation)


def _cost(operation: Operation, shape: Map, output: Map) -> tuple[int, int]:
    """Returns weights and floating-point operations; a multiply-add is two operations."""
    match operation:
        case Pool():
            return 0, math.prod(operation.size) * math.prod(output)
        case SqueezeExcite():
            kernels, biases = 2 * shape[2] * operation.units, operation.units + shape[2]
            return kernels + biases, 2 * kernels + biases + 2 * math.prod(shape)
        case Convolve():
            kernel = _kernel(operation, shape[2])
            places = output[0] * output[1]
            weights = kernel + _NORM_WEIGHTS * operation.filters
            return weights, 2 * places * kernel + _NORM_WORK * math.prod(output)
        case _:
            assert_never(operation)


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
