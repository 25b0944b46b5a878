"""Small pretrained networks with the layers of the large ones."""

from pathlib import Path

import keras

SIDE = 40
"""Height and width of the images that the saved network takes."""


def write_backbone(path: Path, *, channels: int = 3, seed: int = 1) -> str:
    """Saves a classifier of three stages, the last without a stride, and returns its path."""
    keras.utils.set_random_seed(seed)
    classifier(channels).save(path)
    return str(path)


def classifier(channels: int = 3) -> keras.Model:
    image = keras.Input((SIDE, SIDE, channels), name="image")
    values = keras.layers.Rescaling(1 / 255, name="scale")(image)
    values = keras.layers.ZeroPadding2D(1, name="pad")(values)
    values = keras.layers.Conv2D(8, 3, 2, use_bias=False, name="stem")(values)
    values = _norm(values, "stem")
    values = keras.layers.SeparableConv2D(16, 3, 2, padding="same", name="separable")(values)
    start = _norm(values, "separable")
    values = keras.layers.DepthwiseConv2D(3, padding="same", name="depthwise")(start)
    values = keras.layers.Multiply(name="gate")([values, _gate(start)])
    values = keras.layers.Dropout(0.2, name="dropout")(values)
    values = keras.layers.Add(name="residual")([values, start])
    values = keras.layers.MaxPooling2D(2, name="pool")(values)
    values = keras.layers.Conv2D(24, 1, activation="relu", name="last")(values)
    values = keras.layers.GlobalAveragePooling2D(name="average")(values)
    output = keras.layers.Dense(5, "softmax", name="probabilities")(values)
    return keras.Model(image, output, name="classifier")


def _norm(values: keras.KerasTensor, name: str) -> keras.KerasTensor:
    values = keras.layers.BatchNormalization(name=f"{name}_norm")(values)
    return keras.layers.ReLU(6, name=f"{name}_activation")(values)


def _gate(values: keras.KerasTensor) -> keras.KerasTensor:
    """Squeeze-and-excitation with the hard sigmoid of MobileNetV3, of operations."""
    values = keras.layers.GlobalAveragePooling2D(name="squeeze")(values)
    values = keras.layers.Reshape((1, 1, 16), name="reshape")(values)
    values = keras.layers.Conv2D(16, 1, name="excite")(values)
    return keras.layers.ReLU(6, name="gate_activation")(values + 3.0) * (1.0 / 6.0)
