"""Images as tensors."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.kinds.tensors import ExampleTensors, View

_MIN_DEVIATION = 1e-7  # the smallest divisor of keras.layers.Normalization


class ImageTensors(ExampleTensors):
    """float32 images (batch, height, width, channels): pixels as stored, and normalised ones."""

    input_name = "image"

    def __init__(self, schema: DataSchema) -> None:
        super().__init__(schema)
        mean, variance = schema.channel_moments
        self._mean = np.asarray(mean, np.float32)
        deviation = np.sqrt(np.asarray(variance, np.float32))
        self._scale = np.maximum(deviation, np.float32(_MIN_DEVIATION))

    @property
    def raw(self) -> View:
        return self._view(_as_float)

    @property
    def preprocessed(self) -> View:
        return self._view(self._normalize)

    def layers(self) -> list[keras.Layer]:
        mean, variance = self.schema.channel_moments
        return [
            keras.layers.Normalization(
                mean=list(mean), variance=list(variance), dtype="float32", name="normalization"
            )
        ]

    @property
    def raw_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec((None, *self.schema.shape), tf.float32, self.input_name)

    @property
    def network_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec((None, *self.schema.shape), tf.float32)

    def _view(self, finish: Callable[[tf.Tensor], tf.Tensor]) -> View:
        return View("pixels", self.schema.shape, self.schema.dtype, self._decode, finish)

    def _decode(self, stored: tf.Tensor) -> tf.Tensor:
        pixels = tf.io.decode_raw(stored, self.schema.dtype)
        return tf.reshape(pixels, (-1, *self.schema.shape))

    def _normalize(self, images: tf.Tensor) -> tf.Tensor:
        return (tf.cast(images, tf.float32) - self._mean) / self._scale


def _as_float(images: tf.Tensor) -> tf.Tensor:
    return tf.cast(images, tf.float32)
