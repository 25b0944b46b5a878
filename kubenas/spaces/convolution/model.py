"""The feature map of a network, of Keras layers."""

from typing import assert_never

import keras

from kubenas.spaces.convolution.body import Block, Body
from kubenas.spaces.convolution.operations import (
    Convolve,
    Operation,
    Pool,
    Resize,
    SqueezeExcite,
)

_NORM_MOMENTUM = 0.9
"""Momentum of the moving mean and variance, for trainings of few steps."""


def build_features(image: keras.KerasTensor, body: Body, activation: str) -> keras.KerasTensor:
    """Returns the feature map (batch, height, width, channels) that ``body`` computes.

    Args:
        image: images (batch, height, width, channels) of the shape that ``body`` is made for.
        body: body of the network.
        activation: name of an activation of Keras.
    """
    values = image
    for operation in body.stem:
        values = _apply(values, operation, activation)
    for block in body.blocks:
        values = _block(values, block, activation)
    for operation in body.head:
        values = _apply(values, operation, activation)
    return values


def _block(values: keras.KerasTensor, block: Block, activation: str) -> keras.KerasTensor:
    shortcut = _shortcut(values, block, activation)
    last = [operation for operation in block.branch if isinstance(operation, Convolve)][-1]
    for operation in block.branch:
        # The branch starts at zero, so that the block starts as its shortcut (Goyal et al., 2017).
        zero = operation is last and shortcut is not None
        values = _apply(values, operation, activation, zero=zero)
    if shortcut is None:
        return values
    if block.drop_rate:
        drop = keras.layers.Dropout(
            block.drop_rate, noise_shape=(None, 1, 1, 1), name=f"{block.name}_drop_path"
        )
        values = drop(values)
    values = keras.layers.Add(name=f"{block.name}_add")([values, shortcut])
    if block.activated:
        values = keras.layers.Activation(activation, name=f"{block.name}_activation")(values)
    return values


def _shortcut(values: keras.KerasTensor, block: Block, activation: str) -> keras.KerasTensor | None:
    match block.shortcut:
        case Convolve():
            return _apply(values, block.shortcut, activation)
        case "identity":
            return values
        case None:
            return None
        case _:
            assert_never(block.shortcut)


def _apply(
    values: keras.KerasTensor, operation: Operation, activation: str, *, zero: bool = False
) -> keras.KerasTensor:
    match operation:
        case Pool():
            pool = keras.layers.MaxPooling2D(operation.size, padding="same", name=operation.name)
            return pool(values)
        case Resize():
            resize = keras.layers.Resizing(*operation.sides, name=operation.name, dtype="float32")
            return resize(values)
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
