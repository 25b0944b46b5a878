"""The simple model that is linear in the features of a pretrained network.

The work is bounded as that of the linear model on the pixels: by numbers of examples, of
floating-point operations and of iterations. The features of an example are computed once.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.loading import Shards
from kubenas.spaces.transfer.extractor import FeatureExtractors
from kubenas.training.evaluation import ComparedModel
from kubenas.training.model.candidate import pixel_moments
from kubenas.training.simple_models.backbone_vectors import BackboneVectors
from kubenas.training.simple_models.linear_model import (
    affordable_examples,
    affordable_iterations,
    count_correct,
    fit_linear_model,
)
from kubenas.training.simple_models.vectors import Examples
from kubenas.trial import SpaceRef

_LOG = logging.getLogger(__name__)
_SIDE = 128
"""Side in pixels of the largest images, unless the options allow only larger ones."""
_TRAIN_EXAMPLES = 10_000
_FEWEST_EXAMPLES = 5_000
"""Smaller images are better than fewer examples for the training."""
_WORK = 4e12
"""Maximum of floating-point operations for all features. About two minutes of two cores."""
_SMALLEST_DEVIATION = 1e-6


@dataclass(frozen=True)
class Size:
    """The size of the images, and numbers of examples."""

    side: int
    train: int
    validation: int


@dataclass(frozen=True)
class _Standard:
    """Shifts and scales features to mean 0 and deviation 1 on the training examples."""

    mean: npt.NDArray[np.float32]
    deviation: npt.NDArray[np.float32]

    @classmethod
    def of(cls, examples: Examples) -> Self:
        vectors, _ = examples
        deviation = vectors.std(axis=0)
        constant = deviation < _SMALLEST_DEVIATION
        return cls(vectors.mean(axis=0), np.where(constant, np.float32(1), deviation))

    def __call__(self, examples: Examples) -> Examples:
        vectors, labels = examples
        return (vectors - self.mean) / self.deviation, labels


def evaluate_pretrained_network(shards: Shards, space: SpaceRef) -> ComparedModel | None:
    """Trains a linear model on the features of the network of ``space``, and evaluates it.

    Returns None if the features of the test split are too much work, or if the examples that it
    would be trained on have a single class.

    Raises:
        StorageError: The data set is damaged.
        UserError: The network cannot be used for these images.
    """
    schema = shards.schema
    extractors = FeatureExtractors(
        space, input_shape=schema.image_shape, pixel_moments=pixel_moments(schema)
    )
    smallest, *larger = extractors.sides
    size = choose_size(
        schema,
        [smallest, *(side for side in larger if side <= _SIDE)],
        features=extractors.features,
        work=extractors.work,
    )
    if size is None:
        _LOG.warning("the pretrained network is too large for so many test examples: left out")
        return None
    vectors = BackboneVectors(shards, extractors.build(size.side))
    started = time.perf_counter()
    train = vectors.first("train", size.train)
    if len(np.unique(train[1])) < 2:
        return None
    standard = _Standard.of(train)
    validation = standard(vectors.first("validation", size.validation))
    iterations = affordable_iterations(len(train[1]), extractors.features, len(schema.classes))
    model = fit_linear_model(standard(train), validation, iterations)
    seconds = time.perf_counter() - started
    return ComparedModel(
        kind="pretrained",
        correct=sum(count_correct(model, standard(batch)) for batch in vectors.batches("test")),
        examples=schema.splits["test"].examples,
        trained_on=len(train[1]),
        train_seconds=seconds,
    )


def choose_size(
    schema: DataSchema, sides: Iterable[int], *, features: int, work: Callable[[int], int]
) -> Size | None:
    """Returns the largest images for which there is time for enough training examples.

    Args:
        schema: schema of the data set; all examples of its test split count.
        sides: sides of images to choose from.
        features: number of features of an image.
        work: returns the floating-point operations for the features of an image.

    Returns:
        None if there is no time for enough examples.
    """
    splits = schema.splits
    most = min(
        splits["train"].examples,
        _TRAIN_EXAMPLES,
        max(1, affordable_examples(features, len(schema.classes))),
    )
    for side in sorted(sides, reverse=True):
        room = int(_WORK // work(side)) - splits["test"].examples
        train = min(most, room * 4 // 5)
        if train >= min(most, _FEWEST_EXAMPLES):
            return Size(side, train, min(splits["validation"].examples, max(1, train // 4)))
    return None
