"""The loss of the recipe."""

import keras
import keras_tuner


def choose_loss(hp: keras_tuner.HyperParameters) -> str | keras.losses.Loss:
    """Declares the label smoothing and returns the loss. Only smoothing needs one-hot labels."""
    smoothing = hp.Choice("label_smoothing", [0.0, 0.05, 0.1], default=0.1)
    if not smoothing:
        return "sparse_categorical_crossentropy"
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
