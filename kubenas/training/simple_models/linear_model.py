"""The simple model that is linear in the pixels: logistic regression, and its solver.

Its work is bounded by the number of examples, of features and of iterations, not by the clock:
the same data give the same model on any machine.
"""

import copy
import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.loading import Shards
from kubenas.training.evaluation import ComparedModel
from kubenas.training.simple_models.pixels import PixelVectors
from kubenas.training.simple_models.vectors import Examples

_TRAIN_EXAMPLES = 20_000
_VALIDATION_EXAMPLES = 5_000
_FEATURES = 32 * 32 * 3
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Inverse strengths of the L2 regularisation (``C`` of scikit-learn), strongest first."""
_ITERATIONS = 100
_FEWEST_ITERATIONS = 12
_WORK = 5e10
"""Maximum of examples x features x (classes + 40) x iterations of one fit. About 4 s of one core:
an iteration reads all features, which costs as much as 40 classes."""
_READING = 40


@dataclass(frozen=True)
class Size:
    """The size of a fit."""

    examples: int
    side: int
    """Side in pixels of the squares that are averaged."""
    iterations: int
    """Maximum number of iterations for one strength of the regularisation."""


def evaluate_linear_model(shards: Shards) -> ComparedModel | None:
    """Trains a linear model and evaluates it on the test split.

    Returns None if the examples that it would be trained on have a single class.

    Raises:
        StorageError: The data set is damaged.
    """
    size = fit_size(shards.schema)
    pixels = PixelVectors(shards, size.side)
    vectors, labels = pixels.first("train", size.examples)
    if len(np.unique(labels)) < 2:
        return None
    validation = pixels.first("validation", _VALIDATION_EXAMPLES)
    started = time.perf_counter()
    model = fit_linear_model((vectors, labels), validation, size.iterations)
    seconds = time.perf_counter() - started
    return ComparedModel(
        kind="linear",
        correct=sum(count_correct(model, batch) for batch in pixels.batches("test")),
        examples=shards.schema.splits["test"].examples,
        trained_on=len(labels),
        train_seconds=seconds,
    )


def fit_size(schema: DataSchema) -> Size:
    """Returns the size of a fit with bounded work, whose images are as large as possible."""
    height, width, channels = schema.image_shape
    examples = min(schema.splits["train"].examples, _TRAIN_EXAMPLES)
    for side in range(1, max(height, width) + 1):
        features = math.ceil(height / side) * math.ceil(width / side) * channels
        fitting = affordable_examples(features, len(schema.classes))
        if features <= _FEATURES and examples <= fitting:
            break
    return Size(examples, side, affordable_iterations(examples, features, len(schema.classes)))


def affordable_examples(features: int, classes: int) -> int:
    """Returns the most examples for which a fit has time for enough iterations."""
    return int(_WORK // (features * (classes + _READING) * _FEWEST_ITERATIONS))


def affordable_iterations(examples: int, features: int, classes: int) -> int:
    """Returns the maximum number of iterations of a fit; at least one."""
    iterations = int(_WORK // (examples * features * (classes + _READING)))
    return max(1, min(iterations, _ITERATIONS))


def fit_linear_model(
    train: Examples,
    validation: Examples,
    iterations: int,
    strengths: Sequence[float] = _STRENGTHS,
) -> LogisticRegression:
    """Fits one model for each strength of the regularisation; returns the best on ``validation``.

    Each fit begins with the weights of the fit before it. Of equally good models, the one with the
    strongest regularisation is returned.

    Args:
        train: examples to fit, also with a sparse matrix of vectors.
        validation: examples to choose the strength by.
        iterations: maximum number of iterations of each fit.
        strengths: inverse strengths of the regularisation, strongest first.

    Raises:
        ValueError: The labels of ``train`` have a single class.
    """
    classifier = LogisticRegression(max_iter=iterations, warm_start=True)
    models = []
    for strength in strengths:
        classifier.set_params(C=strength)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the iterations are bounded
            models.append(copy.deepcopy(classifier.fit(*train)))
    return max(models, key=lambda model: count_correct(model, validation))


def count_correct(model: LogisticRegression, examples: Examples) -> int:
    """Returns the number of correct predictions."""
    vectors, labels = examples
    return int((model.predict(vectors) == labels).sum())
