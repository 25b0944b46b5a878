"""Tests of the linear model on the features of a pretrained network: features, work, failures."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.loading import load_raw
from kubenas.spaces.transfer.extractor import FeatureExtractors
from kubenas.training.model.candidate import pixel_moments
from kubenas.training.simple_models.backbone_vectors import BackboneVectors
from kubenas.training.simple_models.pretrained_network import (
    Size,
    choose_size,
    evaluate_pretrained_network,
)
from kubenas.trial import SpaceRef
from tests.unit.spaces.transfer.backbones import write_backbone
from tests.unit.training.simple_models.test_linear_model import schema

MILLION = 10**6
OPTIONS = {"min_input_size": 32, "max_input_size": 32}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_backbone(tmp_path_factory.mktemp("backbone") / "net.keras")


def test_features_are_those_of_the_saved_network(digits: str, weights: str) -> None:
    shards = LocalShards(Path(digits))
    extractors = FeatureExtractors(
        SpaceRef(name="transfer", options=OPTIONS, weights=weights),
        input_shape=(8, 8, 1),
        pixel_moments=pixel_moments(shards.schema),
    )
    found, labels = BackboneVectors(shards, extractors.build(32)).first("test", 40)
    assert found.shape == (40, extractors.features)
    saved = keras.models.load_model(weights)
    images, truth = next(iter(load_raw(shards, "test", batch_size=40)))
    pixels = keras.layers.Resizing(32, 32)(np.repeat(images, 3, axis=-1))
    smaller = keras.models.clone_model(saved, input_tensors=keras.Input((32, 32, 3)))
    smaller.set_weights(saved.get_weights())
    expected = keras.Model(smaller.input, smaller.get_layer("average").output)(pixels)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(labels, truth)


def test_digits_give_the_same_model_each_time(digits: str, weights: str) -> None:
    """Features of random weights suffice for digits."""
    shards = LocalShards(Path(digits))
    space = SpaceRef(name="transfer", options=OPTIONS, weights=weights)
    first, second = (evaluate_pretrained_network(shards, space) for _ in range(2))
    assert first
    assert second
    assert first.kind == "pretrained"
    assert first.correct == second.correct
    assert first.examples == shards.schema.splits["test"].examples
    assert first.trained_on == shards.schema.splits["train"].examples
    assert 0.5 < first.accuracy < 1


@pytest.mark.parametrize(
    ("examples", "classes", "megaflops", "size"),
    [
        (1_000, 10, 250, Size(128, 1_000, 250)),  # EfficientNet-Lite0
        (4_000, 10, 250, Size(128, 4_000, 1_000)),
        (9_000, 10, 250, Size(128, 5_600, 1_400)),
        (16_000, 10, 250, Size(96, 9_955, 2_488)),
        (4_000, 1_000, 250, Size(128, 3_130, 782)),
        (24_000, 10, 250, None),
        (1_000, 10, 8_000, None),
    ],
)
def test_the_work_is_bounded(
    examples: int, classes: int, megaflops: int, size: Size | None
) -> None:
    """All splits of ``examples``; the images are made smaller before examples are left out."""

    def work(side: int) -> int:
        return megaflops * MILLION * side**2 // 128**2

    found = choose_size(schema((64, 64, 3), classes, examples), [96, 128], features=1280, work=work)
    assert found == size
    if found:
        assert (examples + found.train + found.validation) * work(found.side) <= 4e12
