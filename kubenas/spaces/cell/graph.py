"""The graph and the size of a network of the space ``cell``, from values alone. No Keras."""

import math
from collections.abc import Mapping
from typing import Any

from kubenas.spaces.cell.network import build_body, network_of
from kubenas.spaces.cell.size import node_size
from kubenas.spaces.cell.wiring import Body
from kubenas.spaces.convolution.cost import classifier_cost
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import CellOptions
from kubenas.spaces.shapes import Map

_IN_NODES = ("edge_", "normal/", "reduction/")
"""Prefixes of the hyperparameters that the nodes' labels and edges hold."""


class CellGraph:
    """Computes the graph of a network from the values of its hyperparameters.

    The graph has every cell of the network, so that graphs of different options are different.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: options of the space.
    """

    def __init__(self, *, input_shape: Map, num_classes: int, options: CellOptions) -> None:
        self._input_shape = input_shape
        self._num_classes = num_classes
        self._options = options

    def __call__(self, values: Mapping[str, Any]) -> Graph:
        """Returns the graph of the network at ``values``.

        The number of weights is exact. Floating-point operations of activations are not counted.
        """
        body = build_body(network_of(values, self._options), self._input_shape)
        parameters, flops = self._size(body)
        return Graph(
            tuple(str(node.operation) for node in body),
            tuple((source, at) for at, node in enumerate(body) for source in node.inputs),
            parameters=parameters,
            flops=flops,
            rest={name: value for name, value in values.items() if not name.startswith(_IN_NODES)},
            activations=sum(math.prod(node.shape) for node in body),
        )

    def _size(self, body: Body) -> tuple[int, int]:
        """Returns weights and floating-point operations of the network."""
        sizes = [node_size(node, [body[source].shape for source in node.inputs]) for node in body]
        sizes.append(classifier_cost(body[-1].shape, self._num_classes))
        return sum(weights for weights, _ in sizes), sum(work for _, work in sizes)
