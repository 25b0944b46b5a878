"""Labels as the compiled loss wants them: integers, or one-hot vectors.

Of Keras' losses only ``sparse_categorical_crossentropy`` takes integer class numbers; all others
compare labels and outputs number by number. A loss of the user's own gets integers.
"""

import keras
import tensorflow as tf

_INTEGER_LOSSES = frozenset({"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"})


def takes_one_hot(model: keras.Model) -> bool:
    """Whether the loss of a compiled model is one of Keras' that wants one-hot labels."""
    loss = keras.losses.get(model.loss) if isinstance(model.loss, str) else model.loss
    if not callable(loss):  # none, or one for each of several outputs
        return False
    kind = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    of_keras = getattr(kind, "__module__", "").startswith("keras.")
    return of_keras and getattr(kind, "__name__", "") not in _INTEGER_LOSSES


def one_hot(examples: tf.data.Dataset, classes: int) -> tf.data.Dataset:
    """``examples`` with labels as float32 of shape (batch, classes)."""
    return examples.map(
        lambda images, labels: (images, tf.one_hot(labels, classes)),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
