"""Label format for the compiled loss: integer class indices or one-hot vectors.

Of the Keras losses, only ``sparse_categorical_crossentropy`` takes integer indices. All others
compare labels and outputs elementwise. A user-defined loss receives integers.
"""

import keras
import tensorflow as tf

_INTEGER_LOSSES = frozenset({"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"})


def takes_one_hot(model: keras.Model) -> bool:
    """Whether the compiled loss of ``model`` is a Keras loss that needs one-hot labels."""
    loss = keras.losses.get(model.loss) if isinstance(model.loss, str) else model.loss
    if not callable(loss):  # no loss, or one loss per output
        return False
    kind = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    of_keras = getattr(kind, "__module__", "").startswith("keras.")
    return of_keras and getattr(kind, "__name__", "") not in _INTEGER_LOSSES


def one_hot(examples: tf.data.Dataset, classes: int) -> tf.data.Dataset:
    """Converts the labels of ``examples`` to float32 one-hot vectors (batch, classes)."""
    return examples.map(
        lambda images, labels: (images, tf.one_hot(labels, classes)),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
