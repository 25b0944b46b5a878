"""The graph and the size of a network of the space ``transfer``, from values alone. No Keras."""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from kubenas.spaces.graph import Graph
from kubenas.spaces.options import TransferOptions
from kubenas.spaces.shapes import Map
from kubenas.spaces.transfer.channels import check_channels
from kubenas.spaces.transfer.network import Network, input_sizes, network_of
from kubenas.spaces.transfer.weights import identify_weights, open_backbone

_IN_NODES = frozenset({"input_size", "pooling", "units"})
"""Hyperparameters that the nodes' labels hold."""
_RESCALING_WORK = 2
"""Floating-point operations for each value of the image: a multiplication and an addition."""


class TransferGraph:
    """Computes the graph of a network from the values of its hyperparameters.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: options of the space.
        weights: URI of the backbone's file.

    Raises:
        UserError: the backbone cannot be used for such images.
    """

    def __init__(
        self, *, input_shape: Map, num_classes: int, options: TransferOptions, weights: str
    ) -> None:
        self._image_values = math.prod(input_shape)
        self._num_classes = num_classes
        self._label = f"backbone {identify_weights(weights)}"
        self._backbone = open_backbone(weights, options)
        check_channels(self._backbone, input_shape)
        input_sizes(self._backbone, options)

    def __call__(self, values: Mapping[str, Any]) -> Graph:
        """Returns the graph of the network at ``values``, in which the backbone is one node.

        The number of weights is exact. Floating-point operations of activations and of resizing
        the images are not counted.
        """
        network = network_of(values)
        features = self._backbone.output(network.input_size)
        weights, work = self._backbone.cost(network.input_size)
        widths = [features[2], *([network.units] if network.units else []), self._num_classes]
        dense = sum((before + 1) * after for before, after in itertools.pairwise(widths))
        return Graph.chain(
            self._labels(network),
            parameters=weights + dense,
            flops=_RESCALING_WORK * self._image_values + work + math.prod(features) + 2 * dense,
            rest={name: value for name, value in values.items() if name not in _IN_NODES},
        )

    def _labels(self, network: Network) -> Iterator[str]:
        yield f"resize {network.input_size}"
        yield self._label
        yield network.pooling
        if network.units:
            yield f"dense {network.units}"
