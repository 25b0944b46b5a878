"""The graph and the size of a network of the space ``residual``, from values alone. No Keras."""

from collections.abc import Mapping
from typing import Any

from kubenas.spaces.convolution.graph import body_graph
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.network import network_of
from kubenas.spaces.residual.operations import build_body
from kubenas.spaces.shapes import Map

_IN_NODES = ("stages", "stage_", "stem/", "width")
"""Prefixes of the hyperparameters that the nodes' labels hold."""


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
        return body_graph(
            build_body(network_of(values), self._input_shape),
            input_shape=self._input_shape,
            num_classes=self._num_classes,
            rest={name: value for name, value in values.items() if not name.startswith(_IN_NODES)},
        )
