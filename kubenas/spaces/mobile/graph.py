"""The graph and the size of a network of the space ``mobile``, from values alone. No Keras."""

from collections.abc import Mapping
from typing import Any

from kubenas.spaces.convolution.body import Body
from kubenas.spaces.convolution.graph import body_graph
from kubenas.spaces.graph import Graph
from kubenas.spaces.mobile.network import network_of
from kubenas.spaces.mobile.operations import build_body
from kubenas.spaces.options import MobileOptions
from kubenas.spaces.shapes import Map

_IN_NODES = ("image_scale", "stages", "stage_", "width")
"""Prefixes of the hyperparameters that the nodes' labels hold."""
_ACTIVATION_WORK = {"relu": 0, "silu": 2, "hard_swish": 3}
"""Floating-point operations for each value, as TensorFlow's profiler counts them."""


class MobileGraph:
    """Computes the graph of a network from the values of its hyperparameters.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: options of the space; the graph does not depend on them.
    """

    def __init__(self, *, input_shape: Map, num_classes: int, options: MobileOptions) -> None:
        del options
        self._input_shape = input_shape
        self._num_classes = num_classes

    def __call__(self, values: Mapping[str, Any]) -> Graph:
        """Returns the graph of the network at ``values``.

        The number of weights is exact. Floating-point operations of resizing the images are not
        counted.
        """
        network = network_of(values)
        body = build_body(network, self._input_shape)
        return body_graph(
            body,
            input_shape=self._input_shape,
            num_classes=self._num_classes,
            rest={name: value for name, value in values.items() if _affects(name, body)},
            activation_work=_ACTIVATION_WORK[network.activation],
        )


def _affects(name: str, body: Body) -> bool:
    """Returns whether a hyperparameter affects a score, other than through the nodes' labels."""
    if name == "drop_path":
        return any(block.shortcut is not None for block in body.blocks)
    return not name.startswith(_IN_NODES)
