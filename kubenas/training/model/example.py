"""Batches of zeros, which models take without data."""

import tensorflow as tf


def zero_examples(batch: tf.TensorSpec, count: int = 1) -> tf.Tensor:
    """Returns ``count`` examples of zeros, or of empty strings.

    Args:
        batch: dtype and shape of a batch of examples, as in
            :class:`kubenas.data.kinds.tensors.ExampleTensors`.
        count: number of examples.
    """
    return tf.zeros((count, *batch.shape[1:]), batch.dtype)
