"""Pooling of the words' values to a vector, without padding."""

import keras

from kubenas.spaces.text.network import Pooling

_LOWEST = -6e4
"""Less than every value of a word, and within the range of float16."""


def pool(values: keras.KerasTensor, mask: keras.KerasTensor, pooling: Pooling) -> keras.KerasTensor:
    """Returns the average, the maximum or both (batch, units), in float32.

    Args:
        values: values of the words (batch, length, units).
        mask: whether there is a word (batch, length); at least one in each text.
        pooling: the kind of pooling.
    """
    found = []
    if pooling != "max":
        average = keras.layers.GlobalAveragePooling1D(name="average", dtype="float32")
        found.append(average(values, mask=mask))
    if pooling != "average":
        words = keras.ops.where(keras.ops.expand_dims(mask, -1), values, _LOWEST)
        found.append(keras.layers.GlobalMaxPooling1D(name="max", dtype="float32")(words))
    if len(found) == 1:
        return found[0]
    return keras.layers.Concatenate(name="average_and_max", dtype="float32")(found)
