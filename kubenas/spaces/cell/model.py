"""The feature map of a network of the space ``cell``, of Keras layers."""

from collections.abc import Sequence
from typing import assert_never

import keras

from kubenas.spaces.cell.operations import (
    Concatenate,
    Convolve,
    FactorizedReduce,
    Image,
    NormActivation,
    Pool,
    Separable,
    Sum,
    Zeros,
)
from kubenas.spaces.cell.wiring import Body, Node

_NORM_MOMENTUM = 0.9
"""Momentum of the moving mean and variance, as in the published code of both kinds of cell."""


def build_features(image: keras.KerasTensor, body: Body) -> keras.KerasTensor:
    """Returns the feature map (batch, height, width, channels) of ``body`` for ``image``."""
    values = [image]
    for node in body[1:]:
        values.append(_apply(node, [values[source] for source in node.inputs]))
    return values[-1]


def _apply(node: Node, inputs: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
    name, operation = node.name, node.operation
    values = inputs[0] if len(inputs) == 1 else list(inputs)
    match operation:
        case Convolve():
            return _convolve(values, operation, name)
        case Separable():
            return _separate(values, operation, name)
        case FactorizedReduce():
            return _reduce(values, operation, name)
        case NormActivation():
            return _relu(_norm(values, name), name)
        case Image():
            raise ValueError("the image is no layer")
        case _:
            return _layer_without_weights(operation, name)(values)


def _layer_without_weights(operation: Sum | Concatenate | Zeros | Pool, name: str) -> keras.Layer:
    match operation:
        case Sum():
            return keras.layers.Add(name=name)
        case Concatenate():
            return keras.layers.Concatenate(name=name)
        case Zeros():
            return keras.layers.Rescaling(0.0, name=name)
        case Pool():
            pooling = _POOLINGS[operation.kind]
            return pooling(operation.size, operation.strides, padding="same", name=name)
        case _:
            assert_never(operation)


_POOLINGS = {"max": keras.layers.MaxPooling2D, "avg": keras.layers.AveragePooling2D}


def _convolve(values: keras.KerasTensor, operation: Convolve, name: str) -> keras.KerasTensor:
    if operation.activated:
        values = _relu(values, name)
    values = _convolution(operation.filters, operation.kernel, operation.strides, name)(values)
    return _norm(values, name) if operation.normalised else values


def _separate(values: keras.KerasTensor, operation: Separable, name: str) -> keras.KerasTensor:
    depthwise = keras.layers.DepthwiseConv2D(
        operation.kernel,
        strides=operation.depthwise_strides,
        dilation_rate=operation.dilation,
        padding="same",
        use_bias=False,
        name=f"{name}_depthwise",
    )
    pointwise = _convolution(operation.filters, 1, operation.pointwise_strides, name)
    return _norm(pointwise(depthwise(_relu(values, name))), name)


def _reduce(values: keras.KerasTensor, operation: FactorizedReduce, name: str) -> keras.KerasTensor:
    values = _relu(values, name)
    moved = keras.layers.Cropping2D(((1, 0), (1, 0)), name=f"{name}_crop")(values)
    moved = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(moved)
    first, second = operation.halves
    parts = [
        _convolution(first, 1, (2, 2), f"{name}_even")(values),
        _convolution(second, 1, (2, 2), f"{name}_odd")(moved),
    ]
    return _norm(keras.layers.Concatenate(name=name)(parts), name)


def _convolution(filters: int, kernel: int, strides: tuple[int, int], name: str) -> keras.Layer:
    return keras.layers.Conv2D(
        filters, kernel, strides=strides, padding="same", use_bias=False, name=name
    )


def _norm(values: keras.KerasTensor, name: str) -> keras.KerasTensor:
    layer = keras.layers.BatchNormalization(momentum=_NORM_MOMENTUM, name=f"{name}_norm")
    return layer(values)


def _relu(values: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.Activation("relu", name=f"{name}_relu")(values)
