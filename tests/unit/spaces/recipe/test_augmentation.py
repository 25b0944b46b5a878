"""Strong augmentation: bounded changes of normalised images, in training only."""

import keras
import numpy as np
import pytest

from kubenas.search.space import extend_space
from kubenas.search.space.point import random_point, read_space
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.recipe.augmentation import Augmentation, augment, choose_augmentation
from kubenas.spaces.residual.hypermodel import ResidualHyperModel
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from tests.unit.spaces.points import declared

SHAPE = (12, 10, 4)


def changed(images: np.ndarray, *, strength: float, training: bool = True) -> np.ndarray:
    keras.utils.set_random_seed(5)
    image = keras.Input(SHAPE)
    output = augment(image, Augmentation("strong", flips=True, strength=strength))
    return np.asarray(keras.Model(image, output)(images, training=training))


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_images_change_in_training_only(strength: float) -> None:
    images = np.repeat(noise(1), 8, axis=0)
    np.testing.assert_array_equal(changed(images, strength=strength, training=False), images)
    results = changed(images, strength=strength)
    assert len({result.tobytes() for result in results}) == 8


def test_normalised_values_of_any_size_are_kept() -> None:
    """A constant image shows the brightness and the erased part, and nothing else."""
    images = np.full((200, *SHAPE), 300.0, np.float32)
    results = changed(images, strength=1.0)
    kept = results[results != 0]
    assert 299.4 < kept.min() < 299.8
    assert 300.2 < kept.max() < 300.6
    erased = (results == 0).any(axis=(1, 2, 3)).mean()
    assert 0.35 < erased < 0.65


def test_a_higher_strength_changes_more() -> None:
    images = np.full((200, *SHAPE), 300.0, np.float32)
    weak, strong = (changed(images, strength=each) for each in (0.25, 1.0))
    assert (weak == 0).mean() < (strong == 0).mean() / 2
    assert np.std(weak[weak != 0]) < np.std(strong[strong != 0]) / 2


@pytest.mark.parametrize("symmetric", [True, False])
def test_strong_flips_images_that_keep_their_class(symmetric: bool) -> None:
    hp = TrackedHyperparameters(None).hp
    hp.values["augmentation"] = "strong"
    chosen = choose_augmentation(hp, mirror_symmetric=symmetric)
    assert chosen == Augmentation("strong", flips=symmetric, strength=0.5)


@pytest.mark.parametrize("kind", ["none", "shift", "shift_flip"])
def test_other_kinds_have_no_strength(kind: str) -> None:
    hp = TrackedHyperparameters(None).hp
    hp.values["augmentation"] = kind
    chosen = choose_augmentation(hp, mirror_symmetric=True)
    assert (chosen.flips, chosen.strength) == (kind == "shift_flip", 0.0)


def test_a_search_of_an_earlier_version_keeps_its_choices() -> None:
    hypermodel = ResidualHyperModel(input_shape=SHAPE, num_classes=2, options=ResidualOptions())
    space = [
        each
        for each in declared(hypermodel).get_config()["space"]
        if each["config"]["name"] != "augmentation_strength"
    ]
    (augmentation,) = (each for each in space if each["config"]["name"] == "augmentation")
    augmentation["config"]["values"] = ["none", "shift", "shift_flip"]
    earlier = TrackedHyperparameters({"space": space, "values": {"augmentation": "shift_flip"}})
    assert hypermodel.build(earlier.hp).get_layer("flip")
    grown = read_space(extend_space({"space": space}, earlier.declared().new))
    points = [random_point(grown, seed) for seed in range(30)]
    assert {point["augmentation"] for point in points} == {"none", "shift", "shift_flip"}
    assert not any("augmentation_strength" in point for point in points)
