"""The operations of a network of the space ``layers``, every size worked out. No Keras.

Shapes are valid by construction: padding is always 'same', a side is halved only while it is
long enough, and long sides are shortened by the first convolution and pooling before the
searched layers see them. So the same description works from 4x4 to 224x224 pictures.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from kubenas.spaces.layers.network import Convolution, Network, Pooling

LONGEST_SIDE = 16
"""Pixels; the searched layers work on maps of at most this height and width."""
SHORTEST_POOLED_SIDE = 4
"""Pixels; a side shorter than this is not halved any more."""
LARGEST_FLATTENED = 2048
"""Values; a larger map is averaged down before it is flattened, or dense layers would explode."""
_LARGEST_STRIDE = 4

Pair: TypeAlias = tuple[int, int]
Map: TypeAlias = tuple[int, int, int]
"""Height, width and channels."""


@dataclass(frozen=True)
class Convolve:
    """A convolution, perhaps batch normalisation, an activation."""

    name: str
    filters: int
    kernel: int
    strides: Pair
    separable: bool
    batch_norm: bool
    activation: str

    def output(self, shape: Map) -> Map:
        """Shape of its output for an input of ``shape``."""
        return (*_output_sides(shape, self.strides), self.filters)


@dataclass(frozen=True)
class Pool:
    """Takes the largest or the mean of each window; windows do not overlap."""

    name: str
    kind: Literal["max", "average"]
    size: Pair

    def output(self, shape: Map) -> Map:
        """Shape of its output for an input of ``shape``."""
        return (*_output_sides(shape, self.size), shape[2])


Operation: TypeAlias = Convolve | Pool


@dataclass(frozen=True)
class Body:
    """What a network does to maps, before it makes a vector of the last one."""

    operations: tuple[Operation, ...]
    shape: Map
    """Of the last map."""


def build_body(network: Network, input_shape: Map) -> Body:
    """The body of ``network`` for pictures of ``input_shape``."""
    found: list[Operation] = []
    shape = input_shape
    for stage in _stages(network):
        for operation in stage(shape):
            found.append(operation)
            shape = operation.output(shape)
    return Body(tuple(found), shape)


def _stages(network: Network) -> Iterator[Callable[[Map], Iterator[Operation]]]:
    """Each says what to do with a map of the shape that those before it leave."""
    yield partial(_first, network)
    yield _shorten
    for number, layer in enumerate(network.layers, start=2):
        yield partial(_layer, network, layer, f"layer_{number}")
    if network.head == "flatten":
        yield _reduce


def _first(network: Network, shape: Map) -> Iterator[Convolve]:
    yield _convolve(network, network.first, "layer_1", _first_strides(shape[:2]))


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
        kernel=max(layer.kernel, *strides),  # every pixel is seen
        strides=strides,
        separable=layer.separable,
        batch_norm=network.batch_norm,
        activation=network.activation,
    )


def _first_strides(sides: Sequence[int]) -> Pair:
    """Strides of the first convolution: 1, 2 or 4, as needed to come near ``LONGEST_SIDE``."""
    height, width = (
        next((s for s in (1, 2) if _output_length(side, s) <= LONGEST_SIDE), _LARGEST_STRIDE)
        for side in sides
    )
    return height, width


def _shorten(shape: Map) -> Iterator[Pool]:
    """Max pooling until no side is longer than ``LONGEST_SIDE``."""
    number = 1
    while max(shape[:2]) > LONGEST_SIDE:
        height, width = (2 if side > LONGEST_SIDE else 1 for side in shape[:2])
        pool = Pool(f"shorten_{number}", "max", (height, width))
        yield pool
        shape = pool.output(shape)
        number += 1


def _reduce(shape: Map) -> Iterator[Pool]:
    """Average pooling until the map is small enough to be flattened."""
    number = 1
    while math.prod(shape) > LARGEST_FLATTENED and max(shape[:2]) > 1:
        height, width = (min(2, side) for side in shape[:2])
        pool = Pool(f"reduce_{number}", "average", (height, width))
        yield pool
        shape = pool.output(shape)
        number += 1


def _output_sides(shape: Map, steps: Pair) -> Pair:
    """Height and width of a map after steps of so many pixels."""
    return _output_length(shape[0], steps[0]), _output_length(shape[1], steps[1])


def _output_length(side: int, step: int) -> int:
    """Length of ``side`` after steps of ``step`` with padding 'same'."""
    return -(-side // step)
