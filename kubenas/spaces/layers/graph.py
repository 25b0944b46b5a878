"""Graphs and sizes of networks of the space ``layers``, computed without Keras."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from kubenas.spaces.graph import Graph
from kubenas.spaces.layers.network import Network, network_of
from kubenas.spaces.layers.operations import Body, Convolve, Operation, Pool, build_body
from kubenas.spaces.options import LayersOptions
from kubenas.spaces.shapes import Map

_NODE_VALUES = ("layers", "layer_", "dense_", "head")
"""Prefixes of the values that the graph's nodes represent."""
_NORM_WEIGHTS = 4
"""Weights of batch normalisation per channel."""


class LayersGraph:
    """Maps hyperparameter values to graphs.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: options of the space. Not used.
    """

    def __init__(self, *, input_shape: Map, num_classes: int, options: LayersOptions) -> None:
        del options
        self._input_shape = input_shape
        self._num_classes = num_classes

    def __call__(self, values: Mapping[str, Any]) -> Graph:
        """Returns the graph of the network with ``values``, without poolings that have no effect.

        The number of weights is exact. Floating-point operations include convolutions, poolings
        and dense layers.
        """
        network = network_of(values)
        body = build_body(network, self._input_shape)
        costs = [*self._costs(network, body)]
        return Graph.chain(
            [*map(_label, body.operations), network.head, *map("dense {}".format, network.dense)],
            parameters=sum(weights for weights, _ in costs),
            flops=sum(flops for _, flops in costs),
            rest=_other_values(values),
            activations=_activations(body, self._input_shape),
        )

    def _costs(self, network: Network, body: Body) -> Iterator[tuple[int, int]]:
        """Yields the weights and floating-point operations of each layer."""
        shape = self._input_shape
        for operation in body.operations:
            output = operation.output(shape)
            yield _weights(operation, shape[2]), _flops(operation, shape[2], output)
            shape = output
        vector = shape[2] if network.head == "average" else math.prod(shape)
        for inputs, units in pairwise([vector, *network.dense, self._num_classes]):
            yield (inputs + 1) * units, (2 * inputs + 1) * units


def _other_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that the nodes do not represent, such as the learning rate."""
    return {name: value for name, value in values.items() if not name.startswith(_NODE_VALUES)}


def _label(operation: Operation) -> str:
    if isinstance(operation, Pool):
        return f"{operation.kind} pool {operation.size}"
    kind = "separable conv" if operation.separable else "conv"
    return f"{kind} {operation.kernel} {operation.filters}"


def _weights(operation: Operation, channels: int) -> int:
    if isinstance(operation, Pool):
        return 0
    extra = _NORM_WEIGHTS if operation.batch_norm else 1
    return _kernel(operation, channels) + extra * operation.filters


def _kernel(operation: Convolve, channels: int) -> int:
    """Returns the weights of a convolution's kernel. Each is used once per output position."""
    window = operation.kernel**2
    if operation.separable:
        return window * channels + channels * operation.filters
    return window * channels * operation.filters


def _activations(body: Body, shape: Map) -> int:
    """Returns the values that the convolutions and poolings write for one example."""
    written = 0
    for operation in body.operations:
        shape = operation.output(shape)
        written += math.prod(shape)
    return written


def _flops(operation: Operation, channels: int, output: Map) -> int:
    """Returns floating-point operations. A multiply-add counts as two."""
    if isinstance(operation, Pool):
        return math.prod(operation.size) * math.prod(output)
    places = output[0] * output[1]
    return 2 * places * _kernel(operation, channels) + math.prod(output)
