"""Augmentation of images by layers that act in training only."""

from typing import Literal, TypeAlias

import keras
import keras_tuner

Augmentation: TypeAlias = Literal["none", "shift", "shift_flip"]

_SHIFT = 0.125
"""Largest shift, as a share of the height and width: 4 of 32 pixels."""


def choose_augmentation(hp: keras_tuner.HyperParameters, *, mirror_symmetric: bool) -> Augmentation:
    """Declares the augmentation and returns its value.

    Args:
        hp: hyperparameters.
        mirror_symmetric: whether mirrored images keep their class. Then the default flips images.
    """
    augmentation: Augmentation = hp.Choice(
        "augmentation",
        ["none", "shift", "shift_flip"],
        default="shift_flip" if mirror_symmetric else "shift",
    )
    return augmentation


def augment(image: keras.KerasTensor, augmentation: Augmentation) -> keras.KerasTensor:
    """Returns images of shape (batch, height, width, channels), changed at random in training."""
    if augmentation == "none":
        return image
    # Whole pixels: interpolation would blur the images in training alone.
    shift = keras.layers.RandomTranslation(
        _SHIFT, _SHIFT, fill_mode="nearest", interpolation="nearest", name="shift"
    )
    image = shift(image)
    if augmentation == "shift_flip":
        image = keras.layers.RandomFlip("horizontal", name="flip")(image)
    return image
