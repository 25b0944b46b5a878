"""The loss of the recipe."""

import keras
import keras_tuner


def choose_label_smoothing(hp: keras_tuner.HyperParameters) -> float:
    """Declares the label smoothing and returns its value."""
    return float(hp.Choice("label_smoothing", [0.0, 0.05, 0.1], default=0.1))


def cross_entropy(smoothing: float, *, one_hot: bool = False) -> str | keras.losses.Loss:
    """Returns the loss. Label smoothing needs one-hot labels.

    Args:
        smoothing: share of a label that is spread over all classes.
        one_hot: whether the labels are one-hot without label smoothing, too.
    """
    if not smoothing and not one_hot:
        return "sparse_categorical_crossentropy"
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
