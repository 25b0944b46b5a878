"""Mixing of pairs of training examples and their labels: mixup and CutMix."""

from typing import Literal, TypeAlias

import keras
import keras_tuner
import tensorflow as tf

Mixing: TypeAlias = Literal["none", "mixup", "cutmix"]

_MIXUP_ALPHA = 0.2
_CUTMIX_ALPHA = (1.0, 1.0)
"""Bounds of alpha. A small alpha makes ``CutMix`` compute NaN weights."""


def choose_mixing(hp: keras_tuner.HyperParameters) -> Mixing:
    """Declares the mixing of examples, after the augmentation, and returns its value.

    Only strong augmentation mixes. Mixing helps long trainings and costs short ones accuracy: as a
    choice of its own it would slow down two thirds of the random networks.
    """
    with hp.conditional_scope("augmentation", ["strong"]):
        mixing: Mixing = hp.Choice("mixing", ["none", "mixup", "cutmix"], default="none")
    return mixing if hp.get("augmentation") == "strong" else "none"


def mix(examples: tf.data.Dataset, mixing: Mixing, *, seed: int) -> tf.data.Dataset:
    """Mixes each example with another of its batch, at random in each epoch.

    ``mixup`` is the weighted mean of two images (Zhang et al., mixup: Beyond Empirical Risk
    Minimization, ICLR 2018). ``cutmix`` replaces a rectangle by that of another image (Yun et al.,
    CutMix, ICCV 2019). The labels are mixed in the same proportions.

    Args:
        examples: batches of images and one-hot labels.
        mixing: the kind of mixing.
        seed: seed of the random numbers.
    """
    if mixing == "none":
        return examples
    layer = _layer(mixing, seed)

    def mixed(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch = layer({"images": images, "labels": labels})
        return batch["images"], batch["labels"]

    # Batch after batch: the layer draws from one sequence of random numbers.
    return examples.map(mixed).prefetch(tf.data.AUTOTUNE)


def _layer(mixing: Mixing, seed: int) -> keras.layers.Layer:
    if mixing == "mixup":
        return keras.layers.MixUp(alpha=_MIXUP_ALPHA, seed=seed, dtype="float32")
    return keras.layers.CutMix(factor=_CUTMIX_ALPHA, seed=seed, dtype="float32")
