"""The operations of a network of the space ``layers``, with all shapes. No Keras.

Shapes are valid by construction: padding is always 'same', and a side is halved only while it is
long enough. The first convolution and poolings reduce large images before the searched layers. The
same network thus works for images from 4x4 to 224x224 pixels.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from kubenas.spaces.layers.network import Convolution, Network, Pooling
from kubenas.spaces.shapes import Map, Pair, first_strides, output_sides, shortening_pools

LONGEST_SIDE = 16
"""Maximum height and width in pixels of the searched layers' feature maps."""
SHORTEST_POOLED_SIDE = 4
"""Minimum side in pixels that a pooling halves."""
LARGEST_FLATTENED = 2048
"""Maximum values of a flattened feature map. Larger maps are average-pooled before, to limit the
weights of dense layers.
"""


@dataclass(frozen=True)
class Convolve:
    """A convolution, followed by batch normalisation (optional) and the activation."""

    name: str
    filters: int
    kernel: int
    strides: Pair
    separable: bool
    batch_norm: bool
    activation: str

    def output(self, shape: Map) -> Map:
        """Shape of its output for an input of ``shape``."""
        return (*output_sides(shape, self.strides), self.filters)


@dataclass(frozen=True)
class Pool:
    """Max or average pooling without overlap."""

    name: str
    kind: Literal["max", "average"]
    size: Pair

    def output(self, shape: Map) -> Map:
        """Shape of its output for an input of ``shape``."""
        return (*output_sides(shape, self.size), shape[2])


Operation: TypeAlias = Convolve | Pool


@dataclass(frozen=True)
class Body:
    """The operations on feature maps, before the head."""

    operations: tuple[Operation, ...]
    shape: Map
    """Shape of the last feature map."""


def build_body(network: Network, input_shape: Map) -> Body:
    """Returns the body of ``network`` for images of ``input_shape``."""
    found: list[Operation] = []
    shape = input_shape
    for stage in _stages(network):
        for operation in stage(shape):
            found.append(operation)
            shape = operation.output(shape)
    return Body(tuple(found), shape)


def _stages(network: Network) -> Iterator[Callable[[Map], Iterator[Operation]]]:
    """Yields functions that map the shape of a feature map to the next operations."""
    yield partial(_first, network)
    yield _shorten
    for number, layer in enumerate(network.layers, start=2):
        yield partial(_layer, network, layer, f"layer_{number}")
    if network.head == "flatten":
        yield _reduce


def _first(network: Network, shape: Map) -> Iterator[Convolve]:
    yield _convolve(network, network.first, "layer_1", first_strides(shape[:2], LONGEST_SIDE))


def _layer(
    network: Network, layer: Convolution | Pooling, name: str, shape: Map
) -> Iterator[Operation]:
    if isinstance(layer, Convolution):
        yield _convolve(network, layer, name, (1, 1))
        return
    height, width = (2 if side >= SHORTEST_POOLED_SIDE else 1 for side in shape[:2])
    if (height, width) != (1, 1):
        yield Pool(name, layer.kind, (height, width))


def _convolve(network: Network, layer: Convolution, name: str, strides: Pair) -> Convolve:
    return Convolve(
        name,
        filters=layer.filters,
        kernel=max(layer.kernel, *strides),  # strides skip no pixels
        strides=strides,
        separable=layer.separable,
        batch_norm=network.batch_norm,
        activation=network.activation,
    )


def _shorten(shape: Map) -> Iterator[Pool]:
    """Yields max poolings until no side is longer than ``LONGEST_SIDE``."""
    for number, size in enumerate(shortening_pools(shape, LONGEST_SIDE), start=1):
        yield Pool(f"shorten_{number}", "max", size)


def _reduce(shape: Map) -> Iterator[Pool]:
    """Yields average poolings until the feature map is small enough to be flattened."""
    number = 1
    while math.prod(shape) > LARGEST_FLATTENED and max(shape[:2]) > 1:
        height, width = (min(2, side) for side in shape[:2])
        pool = Pool(f"reduce_{number}", "average", (height, width))
        yield pool
        shape = pool.output(shape)
        number += 1
