"""Weights of the classes in the training loss, for data with rare classes."""

from collections.abc import Sequence

import tensorflow as tf


def balanced_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """Returns weights that give each class with examples the same share of the loss.

    The mean weight of an example is 1, as with ``class_weight="balanced"`` of scikit-learn.

    Args:
        counts: examples of each class.
    """
    present = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (present * count) if count else 0.0 for count in counts)


def weigh(examples: tf.data.Dataset, weights: Sequence[float]) -> tf.data.Dataset:
    """Returns batches (images, labels, weights), which Keras applies to the loss alone.

    A mixed label weighs the mean of its classes.

    Args:
        examples: batches of images and labels: integers, or shares of the classes.
        weights: weight of each class.
    """

    def weighed(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        shares = labels if labels.dtype.is_floating else tf.one_hot(labels, len(weights))
        return images, labels, tf.linalg.matvec(shares, tf.constant(weights, tf.float32))

    return examples.map(weighed, num_parallel_calls=tf.data.AUTOTUNE)
