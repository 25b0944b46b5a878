"""Tests of the return values of a user-defined fit."""

from typing import Literal

import keras
import keras_tuner
import numpy as np
import pytest
from keras_tuner.src.engine.tuner_utils import convert_to_metrics_dict

from kubenas.errors import UserError
from kubenas.training.fit.score import reported_metrics, scalar_metrics


@pytest.mark.parametrize("returned", [None, [None]])
def test_none_uses_the_logs(returned: object) -> None:
    assert reported_metrics(returned, "score", "max") is None


@pytest.mark.parametrize("direction", ["max", "min"])
@pytest.mark.parametrize("scores", [[0.5, 0.75, 0.25], [0.5, 0.5], [0.25, 0.5, 0.5]])
def test_a_historys_best_epoch_is_the_one_that_keras_tuner_takes(
    scores: list[float], direction: Literal["max", "min"]
) -> None:
    history = keras.callbacks.History()
    history.history = {"score": scores, "loss": [3.0, 2.0, 1.0][: len(scores)]}
    objective = keras_tuner.Objective("score", direction)
    for returned in (history, [history, 0.125, {"score": 2.0}]):
        expected = convert_to_metrics_dict(returned, objective)
        ours = reported_metrics(returned, "score", direction)
        assert ours is not None
        assert ours.items() <= expected.items()
        assert "score" in ours


def test_a_history_without_the_objective_lists_the_available_metrics() -> None:
    history = keras.callbacks.History()
    history.history = {"loss": [1.0]}
    with pytest.raises(
        UserError, match=r"no metric 'score' in the History.*available metrics: loss"
    ):
        reported_metrics(history, "score", "max")


def test_a_metric_for_each_class_is_averaged_unless_it_is_the_objective() -> None:
    logs = {"loss": 1.0, "f1_score": np.arange(3.0)}
    assert scalar_metrics(logs, "loss") == {"loss": 1.0, "f1_score": 1.0}
    with pytest.raises(UserError, match="'f1_score' is not a scalar: it has 3 values; average it"):
        scalar_metrics(logs, "f1_score")


@pytest.mark.parametrize("returned", [0.5, np.float32(0.5), {"score": 0.5}, [0.25, 0.75]])
def test_numbers_and_dictionaries_are_the_score(returned: object) -> None:
    assert reported_metrics(returned, "score", "max") == {"score": 0.5}


def test_runs_are_averaged_over_the_metrics_that_all_have() -> None:
    runs = [{"score": 1.0, "loss": 2.0, "extra": 1.0}, {"score": 2.0, "loss": 4.0}]
    assert reported_metrics(runs, "score", "max") == {"score": 1.5, "loss": 3.0}


def test_a_missing_objective_lists_the_available_metrics() -> None:
    with pytest.raises(UserError, match=r"no metric 'score'.*available metrics: accuracy, loss"):
        reported_metrics({"loss": 1.0, "accuracy": 0.5}, "score", "max")


def test_anything_else_is_refused() -> None:
    with pytest.raises(UserError, match="fit\\(\\) returned a str"):
        reported_metrics("0.5", "score", "max")
