"""Mixup and CutMix: labels follow the shares of the images, and only training batches are mixed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kubenas.search.space.point import read_space, to_point
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.recipe.mixing import Mixing, mix
from kubenas.spaces.residual.hypermodel import ResidualHyperModel
from kubenas.training.fit.label_format import takes_one_hot
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from tests.unit.spaces.points import declared

CLASSES = 4
SIDE = 16
HYPERMODEL = ResidualHyperModel(
    input_shape=(8, 8, 1), num_classes=CLASSES, options=ResidualOptions()
)

each_mixing = pytest.mark.parametrize("mixing", ["mixup", "cutmix"])


def examples() -> tf.data.Dataset:
    """Images whose channel of their class is 1, in batches of 30 and a last one of 10."""
    labels = np.eye(CLASSES, dtype=np.float32)[np.arange(100) % CLASSES]
    images = np.broadcast_to(labels[:, None, None], (100, SIDE, SIDE, CLASSES))
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(30)


def epoch(batches: tf.data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    images, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(images), np.concatenate(labels)


@each_mixing
def test_labels_are_mixed_in_the_proportions_of_the_images(mixing: Mixing) -> None:
    images, labels = epoch(mix(examples(), mixing, seed=1))
    np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-5)
    assert (labels.max(axis=1) < 0.99).mean() > 0.2
    # A rectangle covers whole pixels: its sides are rounded.
    tolerance = 1e-5 if mixing == "mixup" else 2.5 / SIDE
    np.testing.assert_allclose(images.mean(axis=(1, 2)), labels, atol=tolerance)
    whole = np.isin(images, (0.0, 1.0)).all()
    assert whole == (mixing == "cutmix")


@each_mixing
def test_epochs_differ_and_a_seed_gives_the_same_again(mixing: Mixing) -> None:
    batches = mix(examples(), mixing, seed=7)
    first, second = epoch(batches)[1], epoch(batches)[1]
    assert (first != second).any()
    np.testing.assert_array_equal(epoch(mix(examples(), mixing, seed=7))[1], first)
    assert (epoch(mix(examples(), mixing, seed=8))[1] != first).any()


def test_weights_are_numbers_in_many_batches() -> None:
    for mixing in ("mixup", "cutmix"):
        _, labels = epoch(mix(examples().repeat(25), mixing, seed=3))
        assert np.isfinite(labels).all()


@pytest.mark.parametrize(("mixing", "wanted"), [("none", False), ("mixup", True)])
def test_mixed_labels_are_one_hot_without_smoothing(mixing: str, wanted: bool) -> None:
    hp = declared(HYPERMODEL)
    hp.values |= {"augmentation": "strong", "mixing": mixing, "label_smoothing": 0.0, "stages": 1}
    hp.ensure_active_values()
    model = HYPERMODEL.build(hp)
    assert takes_one_hot(model) is wanted
    assert not any(isinstance(layer, keras.layers.MixUp) for layer in model.layers)


@each_mixing
def test_only_strong_augmentation_mixes(mixing: Mixing) -> None:
    hp = declared(HYPERMODEL)
    batches = examples()
    hp.values |= {"augmentation": "shift_flip", "mixing": mixing}
    assert HYPERMODEL.mix(hp, batches, seed=1) is batches
    hp.values |= {"augmentation": "strong"}
    assert HYPERMODEL.mix(hp, batches, seed=1) is not batches


def test_a_trial_of_a_search_that_knew_no_mixing_is_not_mixed() -> None:
    """Its values and its space are those of an earlier version."""
    config = declared(HYPERMODEL).get_config()
    config["space"] = [each for each in config["space"] if each["config"]["name"] != "mixing"]
    config["values"] |= {"augmentation": "strong", "augmentation_strength": 0.5}
    earlier = TrackedHyperparameters(config)
    HYPERMODEL.declare_hyperparameters(earlier.hp)
    assert HYPERMODEL.mix(earlier.hp, batches := examples(), seed=1) is batches
    assert [each["config"]["name"] for each in earlier.declared().new] == ["mixing"]
    now = read_space(declared(HYPERMODEL).get_config())
    assert to_point(now, config["values"]) == {**config["values"], "mixing": "none"}
