"""Inferred directions compared with Keras-Tuner, for all metrics and losses of Keras."""

import inspect

import keras
import pytest
from keras_tuner.engine.metrics_tracking import infer_metric_direction
from pydantic import ValidationError

from kubenas.config.metric_direction import infer_direction
from kubenas.config.search import SearchConfig

NO_CLASSES_TO_COUNT = {"Mean", "Sum", "Metric", "Loss", "MeanMetricWrapper"}
"""Bases and aggregates, which say nothing about what they aggregate."""

MINIMISED_BY_KERAS_TUNER = {
    "BinaryIoU",
    "ConcordanceCorrelation",
    "F1Score",
    "FBetaScore",
    "PearsonCorrelation",
    "R2Score",
}
"""It knows accuracies by name and takes every other metric for a loss; Keras says "up"."""


def classes(module: object) -> set[str]:
    found = inspect.getmembers(module, inspect.isclass)
    return {name for name, _ in found} - NO_CLASSES_TO_COUNT


def inferred_by_keras_tuner(name: str) -> str | None:
    try:
        direction: str | None = infer_metric_direction(f"val_{name}")
    except TypeError:  # it makes the metric, whose arguments it does not know
        return None
    return direction


@pytest.mark.parametrize("name", sorted(classes(keras.metrics) | classes(keras.losses)))
def test_directions_match_keras_tuner_or_keras(name: str) -> None:
    theirs, ours = inferred_by_keras_tuner(name), infer_direction(f"val_{name}")
    if name == "CosineSimilarity":  # more is better of the metric, less of the loss
        assert (theirs, ours) == ("min", None)
    elif theirs is None:
        assert ours == "max"  # ratios between 0 and 1 with arguments of their own
    elif name in MINIMISED_BY_KERAS_TUNER:
        assert keras.metrics.deserialize(name)._direction == "up"
        assert (theirs, ours) == ("min", "max")
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", ["acc", "val_weighted_accuracy", "loss", "ce", "val_mse", "auc"])
def test_short_names_and_prefixes_match_keras_tuner(name: str) -> None:
    assert infer_direction(name) == infer_metric_direction(name) is not None


@pytest.mark.parametrize("name", ["val_brier", "score", "val_auc_1"])
def test_unknown_direction_is_required(name: str) -> None:
    assert infer_metric_direction(name) is None
    with pytest.raises(ValidationError, match="direction: set max or min"):
        SearchConfig(objective=name)
    assert SearchConfig(objective=name, direction="min").direction == "min"
    with pytest.raises(ValidationError, match=f"'{name}'.*put it first"):
        SearchConfig(objective=f"val_accuracy, {name}")
