"""Keras models of networks of the space ``layers``."""

import keras

from kubenas.spaces.layers.network import Network
from kubenas.spaces.layers.operations import Convolve, Pool, build_body

_NORM_MOMENTUM = 0.9
"""Momentum of batch normalisation. A low value suits trainings of few steps."""


def build_network(
    network: Network, *, input_shape: tuple[int, int, int], num_classes: int
) -> keras.Model:
    """Builds ``network`` as a Keras model, not compiled.

    Input "image": (batch, height, width, channels), normalised. Output "probabilities":
    (batch, num_classes), in float32 in every dtype policy.
    """
    image = values = keras.Input(input_shape, name="image")
    for operation in build_body(network, input_shape).operations:
        if isinstance(operation, Pool):
            values = _pool(values, operation)
        else:
            values = _convolve(values, operation)
    if network.head == "average":
        values = keras.layers.GlobalAveragePooling2D(name="average", dtype="float32")(values)
    else:
        values = keras.layers.Flatten(name="flatten")(values)
    for number, units in enumerate(network.dense, start=1):
        values = keras.layers.Dense(units, network.activation, name=f"dense_{number}")(values)
    if network.dropout:
        values = keras.layers.Dropout(network.dropout, name="dropout", dtype="float32")(values)
    output = keras.layers.Dense(num_classes, "softmax", name="probabilities", dtype="float32")(
        values
    )
    return keras.Model(image, output, name="layers")


def _pool(values: keras.KerasTensor, operation: Pool) -> keras.KerasTensor:
    kinds = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
    pooling = kinds[operation.kind](operation.size, padding="same", name=operation.name)
    return pooling(values)


def _convolve(values: keras.KerasTensor, operation: Convolve) -> keras.KerasTensor:
    kind = keras.layers.SeparableConv2D if operation.separable else keras.layers.Conv2D
    name = operation.name
    convolution = kind(
        operation.filters,
        operation.kernel,
        strides=operation.strides,
        padding="same",
        use_bias=not operation.batch_norm,
        name=name,
    )
    values = convolution(values)
    if operation.batch_norm:
        norm = keras.layers.BatchNormalization(momentum=_NORM_MOMENTUM, name=f"{name}_norm")
        values = norm(values)
    return keras.layers.Activation(operation.activation, name=f"{name}_activation")(values)
