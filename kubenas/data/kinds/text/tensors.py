"""Texts as tensors: strings, and the numbers of their words."""

from functools import cached_property

import keras
import tensorflow as tf

from kubenas.data.kinds.tensors import ExampleTensors, View


class TextTensors(ExampleTensors):
    """Texts as a string tensor (batch,), and as the numbers of their words (batch, length).

    0 is padding at the end and 1 an unknown word. Lower numbers are more frequent words. As in
    :class:`keras.layers.TextVectorization` by default, ASCII letters are in lower case and ASCII
    punctuation is removed; other letters and marks stay as they are.
    """

    input_name = "text"

    @property
    def raw(self) -> View:
        return View("texts", (), "object", tf.identity, tf.identity)

    @property
    def preprocessed(self) -> View:
        """The numbers. They are computed once for texts that are kept in memory."""
        layer = self._layer  # created here: its table cannot be created in the graph of a tf.data

        def number(texts: tf.Tensor) -> tf.Tensor:
            return tf.cast(layer(texts), tf.int32)

        return View("words", self.schema.shape, "int32", number, tf.identity)

    def layers(self) -> list[keras.Layer]:
        form = self.schema.text_form
        return [
            keras.layers.TextVectorization(
                split=form.split,
                output_sequence_length=self.schema.shape[0],
                vocabulary=list(form.vocabulary),
                name="words",
            )
        ]

    @property
    def raw_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec((None,), tf.string, self.input_name)

    @property
    def network_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec((None, *self.schema.shape), tf.int32)

    @cached_property
    def _layer(self) -> keras.Layer:
        (layer,) = self.layers()
        return layer
