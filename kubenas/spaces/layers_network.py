"""A network of the space ``layers``: what it consists of, and how Keras builds it.

Shapes are valid by construction: padding is always 'same', a side is halved only while it is
long enough, and long sides are shortened by the first convolution and pooling before the
searched layers see them. So the same description works from 4x4 to 224x224 pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import keras

LONGEST_SIDE = 16
"""Pixels; the searched layers work on maps of at most this height and width."""
SHORTEST_POOLED_SIDE = 4
"""Pixels; a side shorter than this is not halved any more."""
LARGEST_FLATTENED = 2048
"""Values; a larger map is averaged down before it is flattened, or dense layers would explode."""
_LARGEST_STRIDE = 4
_NORM_MOMENTUM = 0.9
"""Of the running mean and variance: after few steps they are of use already."""
_Pair = tuple[int, int]


@dataclass(frozen=True)
class Convolution:
    """A convolution, batch normalisation if the network has it, and the activation."""

    filters: int
    kernel: int
    """Pixels of its height and width."""
    separable: bool = False


@dataclass(frozen=True)
class Pooling:
    """Halves the sides of the map that are long enough."""

    kind: Literal["max", "average"]


@dataclass(frozen=True)
class Network:
    """Everything that decides the function, apart from its weights."""

    first: Convolution
    """Shortens pictures that are larger than the other layers can afford."""
    layers: tuple[Convolution | Pooling, ...]
    """The layers after the first."""
    activation: str
    batch_norm: bool
    head: Literal["flatten", "average"]
    """How the last map becomes a vector."""
    dense: tuple[int, ...]
    """Units of the dense layers before the output."""
    dropout: float
    """Share of the values dropped before the output while training."""


def build_network(
    network: Network, *, input_shape: tuple[int, int, int], num_classes: int
) -> keras.Model:
    """``network`` as a Keras model, not compiled.

    Input "image": (batch, height, width, channels), normalised. Output "probabilities":
    (batch, num_classes).
    """
    image = keras.Input(input_shape, name="image")
    strides = _first_strides(input_shape[:2])
    values = _convolve(image, network.first, network, name="layer_1", strides=strides)
    values = _shorten(values)
    for number, layer in enumerate(network.layers, start=2):
        values = _add(values, layer, network, name=f"layer_{number}")
    values = _vector(values, network.head)
    for number, units in enumerate(network.dense, start=1):
        values = keras.layers.Dense(units, network.activation, name=f"dense_{number}")(values)
    if network.dropout:
        values = keras.layers.Dropout(network.dropout, name="dropout")(values)
    output = keras.layers.Dense(num_classes, "softmax", name="probabilities")(values)
    return keras.Model(image, output, name="layers")


def _first_strides(sides: Sequence[int]) -> _Pair:
    """Strides of the first convolution: 1, 2 or 4, as needed to come near ``LONGEST_SIDE``."""
    height, width = (
        next((s for s in (1, 2) if _halved(side, s) <= LONGEST_SIDE), _LARGEST_STRIDE)
        for side in sides
    )
    return height, width


def _halved(side: int, stride: int) -> int:
    """Length of ``side`` after a step of ``stride`` with padding 'same'."""
    return -(-side // stride)


def _shorten(values: keras.KerasTensor) -> keras.KerasTensor:
    """Max pooling until no side is longer than ``LONGEST_SIDE``."""
    number = 1
    while max(values.shape[1:3]) > LONGEST_SIDE:
        size = tuple(2 if side > LONGEST_SIDE else 1 for side in values.shape[1:3])
        pool = keras.layers.MaxPooling2D(size, padding="same", name=f"shorten_{number}")
        values = pool(values)
        number += 1
    return values


def _add(
    values: keras.KerasTensor, layer: Convolution | Pooling, network: Network, *, name: str
) -> keras.KerasTensor:
    if isinstance(layer, Convolution):
        return _convolve(values, layer, network, name=name, strides=(1, 1))
    size = tuple(2 if side >= SHORTEST_POOLED_SIDE else 1 for side in values.shape[1:3])
    if size == (1, 1):
        return values
    pooling = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
    return pooling[layer.kind](size, padding="same", name=name)(values)


def _convolve(
    values: keras.KerasTensor, layer: Convolution, network: Network, *, name: str, strides: _Pair
) -> keras.KerasTensor:
    kind = keras.layers.SeparableConv2D if layer.separable else keras.layers.Conv2D
    convolution = kind(
        layer.filters,
        max(layer.kernel, *strides),  # every pixel is seen
        strides=strides,
        padding="same",
        use_bias=not network.batch_norm,
        name=name,
    )
    values = convolution(values)
    if network.batch_norm:
        values = keras.layers.BatchNormalization(momentum=_NORM_MOMENTUM, name=f"{name}_norm")(
            values
        )
    return keras.layers.Activation(network.activation, name=f"{name}_activation")(values)


def _vector(values: keras.KerasTensor, head: Literal["flatten", "average"]) -> keras.KerasTensor:
    if head == "average":
        return keras.layers.GlobalAveragePooling2D(name="average")(values)
    number = 1
    while _size(values) > LARGEST_FLATTENED and max(values.shape[1:3]) > 1:
        size = tuple(min(2, side) for side in values.shape[1:3])
        pool = keras.layers.AveragePooling2D(size, padding="same", name=f"reduce_{number}")
        values = pool(values)
        number += 1
    return keras.layers.Flatten(name="flatten")(values)


def _size(values: keras.KerasTensor) -> int:
    _, height, width, channels = values.shape
    return int(height * width * channels)
