"""Tests of the linear model on the pixels: accuracy, bounded work, determinism."""

from pathlib import Path

import numpy as np
import pytest

from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.dataset.schema import DataSchema, Normalization, Split, read_schema
from kubenas.storage import open_storage
from kubenas.training.simple_models.linear_model import (
    count_correct,
    evaluate_linear_model,
    fit_linear_model,
    fit_size,
)
from kubenas.training.simple_models.pixels import PixelVectors
from kubenas.training.simple_models.vectors import Examples


def separable(examples: int, seed: int) -> Examples:
    """Three classes, separated by a margin in two of ten features."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, examples).astype(np.int32)
    vectors = rng.normal(0, 0.1, (examples, 10)).astype(np.float32)
    vectors[:, :2] += np.array([(2, 0), (-2, 2), (-2, -2)], np.float32)[labels]
    return vectors, labels


def noise(examples: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(examples, 10)).astype(np.float32)
    return vectors, rng.integers(0, 2, examples).astype(np.int32)


def schema(shape: tuple[int, int, int], classes: int, examples: int) -> DataSchema:
    split = Split(examples=examples, shards=(), class_counts=(examples // classes,) * classes)
    return DataSchema(
        task="image-classification",
        digest="d",
        shape=shape,
        dtype="uint8",
        classes=tuple(map(str, range(classes))),
        splits={"train": split, "validation": split, "test": split},
        normalization=Normalization(mean=(0.0,) * shape[2], variance=(1.0,) * shape[2]),
    )


def test_separable_classes_are_all_recognised() -> None:
    model = fit_linear_model(separable(300, 0), separable(100, 1), 100)
    assert count_correct(model, separable(200, 2)) == 200


def test_noise_is_recognised_by_chance() -> None:
    model = fit_linear_model(noise(1000, 0), noise(300, 1), 100)
    assert 0.4 < count_correct(model, noise(1000, 2)) / 1000 < 0.6


def test_regularisation_is_chosen_on_the_validation_split() -> None:
    vectors, labels = noise(30, 0)
    remembered = fit_linear_model((vectors, labels), (vectors, labels), 100)
    refuted = fit_linear_model((vectors, labels), (vectors, 1 - labels), 100)
    assert refuted.C < remembered.C


def test_digits_give_the_same_good_model_each_time(digits: str) -> None:
    shards = LocalShards(Path(digits))
    first, second = evaluate_linear_model(shards), evaluate_linear_model(shards)
    assert first
    assert second
    assert first.kind == "linear"
    assert first.correct == second.correct
    assert first.examples == shards.schema.splits["test"].examples
    assert first.trained_on == shards.schema.splits["train"].examples
    assert first.accuracy > 0.93
    assert 0 < first.train_seconds < 20


def test_the_first_examples_in_squares_of_pixels(digits: str) -> None:
    shards = LocalShards(Path(digits))
    whole, labels = PixelVectors(shards, 1).first("train", 300)
    means, _ = PixelVectors(shards, 4).first("train", 300)
    assert (whole.shape, means.shape, labels.shape) == ((300, 64), (300, 4), (300,))
    squares = whole.reshape(300, 2, 4, 2, 4).mean(axis=(2, 4)).reshape(300, 4)
    np.testing.assert_allclose(means, squares, atol=1e-5)
    every, _ = PixelVectors(shards, 1).first("test", 10_000)
    assert len(every) == read_schema(open_storage(digits)).splits["test"].examples


@pytest.mark.parametrize(
    ("shape", "classes", "examples", "side", "least_iterations"),
    [
        ((8, 8, 1), 10, 1_257, 1, 100),
        ((28, 28, 1), 10, 60_000, 1, 60),
        ((32, 32, 3), 10, 10_000, 1, 30),
        ((32, 32, 3), 10, 50_000, 1, 15),
        ((224, 224, 3), 10, 1_000_000, 7, 15),
        ((64, 64, 3), 1_000, 1_000_000, 8, 12),
        ((4, 300, 1), 2, 100, 1, 100),
    ],
)
def test_large_data_are_shrunk_until_the_work_is_bounded(
    shape: tuple[int, int, int], classes: int, examples: int, side: int, least_iterations: int
) -> None:
    size = fit_size(schema(shape, classes, examples))
    assert (size.side, size.examples) == (side, min(examples, 20_000))
    assert least_iterations <= size.iterations <= 100
