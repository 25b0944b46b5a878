"""Augmentation of images by layers that act in training only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import keras
import keras_tuner

AugmentationKind: TypeAlias = Literal["none", "shift", "shift_flip", "strong"]

_SHIFT = 0.125
"""Largest shift, as a share of the height and width: 4 of 32 pixels."""
_ROTATION, _ZOOM, _CONTRAST, _BRIGHTNESS, _ERASED = 1 / 12, 0.3, 0.5, 0.5, 0.5
"""Largest changes at strength 1: 30 degrees, and shares of size, contrast and erased images.

The brightness is in standard deviations of the channels.
"""
_UNBOUNDED = (-1e4, 1e4)
"""Value range in which no normalised image is clipped."""
_DTYPE = "float32"
"""In every dtype policy: 16 bits are too few for coordinates."""


@dataclass(frozen=True)
class Augmentation:
    """The augmentation of a training."""

    kind: AugmentationKind
    flips: bool
    """Whether images are mirrored."""
    strength: float = 0.0
    """Strength of the further changes, from 0 to 1."""


def choose_augmentation(hp: keras_tuner.HyperParameters, *, mirror_symmetric: bool) -> Augmentation:
    """Declares the augmentation and returns it.

    Args:
        hp: hyperparameters.
        mirror_symmetric: whether mirrored images keep their class. Then the default and ``strong``
            flip images.
    """
    kind: AugmentationKind = hp.Choice(
        "augmentation",
        ["none", "shift", "shift_flip", "strong"],
        default="shift_flip" if mirror_symmetric else "shift",
    )
    with hp.conditional_scope("augmentation", ["strong"]):
        strength = hp.Choice("augmentation_strength", [0.25, 0.5, 1.0], default=0.5)
    if kind != "strong":
        return Augmentation(kind, flips=kind == "shift_flip")
    return Augmentation(kind, flips=mirror_symmetric, strength=float(strength))


def augment(image: keras.KerasTensor, augmentation: Augmentation) -> keras.KerasTensor:
    """Returns normalised images (batch, height, width, channels), changed at random in training."""
    for layer in _layers(augmentation):
        image = layer(image)
    return image


def _layers(augmentation: Augmentation) -> Iterator[keras.layers.Layer]:
    if augmentation.kind == "none":
        return
    # Whole pixels: interpolation would blur the images in training alone.
    yield keras.layers.RandomTranslation(
        _SHIFT, _SHIFT, fill_mode="nearest", interpolation="nearest", name="shift", dtype=_DTYPE
    )
    if augmentation.flips:
        yield keras.layers.RandomFlip("horizontal", name="flip", dtype=_DTYPE)
    if augmentation.strength:
        yield from _strong_layers(augmentation.strength)


def _strong_layers(strength: float) -> Iterator[keras.layers.Layer]:
    """Yields geometric and colour changes and erasing, at most at ``strength`` for each image.

    ``keras.layers.RandAugment`` takes ten times as long on a CPU, turns, shifts and brightens in
    one direction only, and needs a value range, which normalised images do not have.
    """
    layers = keras.layers
    geometric: dict[str, Any] = {"fill_mode": "nearest", "dtype": _DTYPE}
    colour: dict[str, Any] = {"value_range": _UNBOUNDED, "dtype": _DTYPE}
    yield layers.RandomRotation(strength * _ROTATION, name="rotation", **geometric)
    yield layers.RandomZoom(strength * _ZOOM, strength * _ZOOM, name="zoom", **geometric)
    yield layers.RandomContrast(strength * _CONTRAST, name="contrast", **colour)
    brightness = strength * _BRIGHTNESS / (_UNBOUNDED[1] - _UNBOUNDED[0])
    yield layers.RandomBrightness(brightness, name="brightness", **colour)
    erased = strength * _ERASED
    # Zero is the mean of a channel.
    yield layers.RandomErasing((erased, erased), fill_value=0.0, name="erasing", **colour)
