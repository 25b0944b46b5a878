"""The loss of the recipe."""

import keras
import keras_tuner

from kubenas.spaces.recipe.mixing import choose_mixing


def choose_loss(hp: keras_tuner.HyperParameters) -> str | keras.losses.Loss:
    """Declares label smoothing and mixing and returns the loss. Both need one-hot labels."""
    smoothing = hp.Choice("label_smoothing", [0.0, 0.05, 0.1], default=0.1)
    if choose_mixing(hp) == "none" and not smoothing:
        return "sparse_categorical_crossentropy"
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
