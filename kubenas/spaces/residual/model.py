"""A network of the space ``residual`` as a Keras model."""

from typing import assert_never

import keras

from kubenas.spaces.residual.network import Augmentation, Network
from kubenas.spaces.residual.operations import (
    Block,
    Convolve,
    Operation,
    Pool,
    SqueezeExcite,
    build_body,
)

_NORM_MOMENTUM = 0.9
"""Momentum of the moving mean and variance, for trainings of few steps."""
_SHIFT = 0.125
"""Largest shift, as a share of the height and width: 4 of 32 pixels."""


def build_network(
    network: Network, *, input_shape: tuple[int, int, int], num_classes: int
) -> keras.Model:
    """Returns ``network`` as a Keras model that is not compiled.

    Input "image": (batch, height, width, channels), normalised. Output "probabilities":
    (batch, num_classes). The layers of the augmentation change nothing at inference.
    """
    image = keras.Input(input_shape, name="image")
    values = _augment(image, network.augmentation)
    maps = build_body(network, input_shape)
    for operation in maps.stem:
        values = _apply(values, operation, network.activation)
    for block in maps.blocks:
        values = _block(values, block, network.activation)
    values = keras.layers.GlobalAveragePooling2D(name="average")(values)
    if network.dropout:
        values = keras.layers.Dropout(network.dropout, name="dropout")(values)
    output = keras.layers.Dense(num_classes, "softmax", name="probabilities")(values)
    return keras.Model(image, output, name="residual")


def _augment(values: keras.KerasTensor, augmentation: Augmentation) -> keras.KerasTensor:
    if augmentation == "none":
        return values
    # Whole pixels: interpolation would blur the pictures in training alone.
    shift = keras.layers.RandomTranslation(
        _SHIFT, _SHIFT, fill_mode="nearest", interpolation="nearest", name="shift"
    )
    values = shift(values)
    if augmentation == "shift_flip":
        values = keras.layers.RandomFlip("horizontal", name="flip")(values)
    return values


def _block(values: keras.KerasTensor, block: Block, activation: str) -> keras.KerasTensor:
    shortcut = values
    last = [operation for operation in block.branch if isinstance(operation, Convolve)][-1]
    for operation in block.branch:
        # The branch starts at zero, so that the block starts as its shortcut (Goyal et al., 2017).
        values = _apply(values, operation, activation, zero=operation is last)
    if block.shortcut is not None:
        shortcut = _apply(shortcut, block.shortcut, activation)
    if block.drop_rate:
        drop = keras.layers.Dropout(
            block.drop_rate, noise_shape=(None, 1, 1, 1), name=f"{block.name}_drop_path"
        )
        values = drop(values)
    values = keras.layers.Add(name=f"{block.name}_add")([values, shortcut])
    if block.activated:
        values = keras.layers.Activation(activation, name=f"{block.name}_activation")(values)
    return values


def _apply(
    values: keras.KerasTensor, operation: Operation, activation: str, *, zero: bool = False
) -> keras.KerasTensor:
    match operation:
        case Pool():
            pool = keras.layers.MaxPooling2D(operation.size, padding="same", name=operation.name)
            return pool(values)
        case SqueezeExcite():
            return _squeeze_excite(values, operation, activation)
        case Convolve():
            return _convolve(values, operation, activation, zero=zero)
        case _:
            assert_never(operation)


def _convolve(
    values: keras.KerasTensor, operation: Convolve, activation: str, *, zero: bool
) -> keras.KerasTensor:
    name = operation.name
    values = _convolution(operation)(values)
    norm = keras.layers.BatchNormalization(
        momentum=_NORM_MOMENTUM,
        gamma_initializer="zeros" if zero else "ones",
        name=f"{name}_norm",
    )
    values = norm(values)
    if operation.activated:
        values = keras.layers.Activation(activation, name=f"{name}_activation")(values)
    return values


def _convolution(operation: Convolve) -> keras.Layer:
    name, filters, kernel = operation.name, operation.filters, operation.kernel
    settings = {"strides": operation.strides, "padding": "same", "use_bias": False, "name": name}
    match operation.kind:
        case "conv":
            return keras.layers.Conv2D(filters, kernel, **settings)
        case "depthwise":
            return keras.layers.DepthwiseConv2D(kernel, **settings)
        case "separable":
            return keras.layers.SeparableConv2D(filters, kernel, **settings)


def _squeeze_excite(
    values: keras.KerasTensor, operation: SqueezeExcite, activation: str
) -> keras.KerasTensor:
    name, channels = operation.name, values.shape[-1]
    scale = keras.layers.GlobalAveragePooling2D(keepdims=True, name=name)(values)
    scale = keras.layers.Conv2D(operation.units, 1, activation=activation, name=f"{name}_1")(scale)
    scale = keras.layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_2")(scale)
    return keras.layers.Multiply(name=f"{name}_scale")([values, scale])
