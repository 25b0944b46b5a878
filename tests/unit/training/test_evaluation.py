"""Tests of the evaluation metrics against scikit-learn and manual results."""

import json
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics

from kubenas.training.evaluation import (
    ComparedModel,
    Evaluation,
    calibration_bins,
    calibration_error,
    evaluate_predictions,
    wilson_interval,
)


def predictions(examples: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(examples)
    labels = rng.integers(0, classes, examples)
    scores = rng.normal(size=(examples, classes)) + 1.5 * np.eye(classes)[labels]
    exponents = np.exp(scores)
    return labels, exponents / exponents.sum(axis=1, keepdims=True)


def evaluated(examples: int, classes: int) -> tuple[np.ndarray, np.ndarray, Evaluation]:
    labels, probabilities = predictions(examples, classes)
    names = tuple(f"class {k}" for k in range(classes))
    return (
        labels,
        probabilities,
        evaluate_predictions(labels, probabilities, classes=names, model="m"),
    )


def test_scores_agree_with_scikit_learn() -> None:
    labels, probabilities, evaluation = evaluated(400, 4)
    predicted = probabilities.argmax(axis=1)
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert evaluation.loss == pytest.approx(metrics.log_loss(labels, probabilities))
    assert evaluation.macro_f1 == pytest.approx(
        metrics.f1_score(labels, predicted, average="macro")
    )
    assert evaluation.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(labels, predicted)
    )
    assert evaluation.roc_auc == pytest.approx(
        metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    )
    assert evaluation.average_precision == pytest.approx(
        metrics.average_precision_score(np.eye(4)[labels], probabilities, average="macro")
    )
    np.testing.assert_array_equal(evaluation.confusion, metrics.confusion_matrix(labels, predicted))
    expected = metrics.precision_recall_fscore_support(labels, predicted)
    for k, scores in enumerate(evaluation.classes):
        assert (scores.precision, scores.recall, scores.f1, scores.support) == pytest.approx(
            [column[k] for column in expected]
        )


def test_of_two_classes_the_second_is_ranked() -> None:
    labels, probabilities, evaluation = evaluated(300, 2)
    assert evaluation.roc_auc == pytest.approx(metrics.roc_auc_score(labels, probabilities[:, 1]))
    assert evaluation.average_precision == pytest.approx(
        metrics.average_precision_score(labels, probabilities[:, 1])
    )


def test_classes_without_test_examples_do_not_count() -> None:
    labels, probabilities = np.array([0, 1, 0, 1]), np.eye(3)[[0, 1, 1, 1]]
    evaluation = evaluate_predictions(labels, probabilities, classes=("a", "b", "c"), model="m")
    assert evaluation.balanced_accuracy == 0.75
    assert evaluation.roc_auc == pytest.approx(0.75)
    one = evaluate_predictions(labels[:1], probabilities[:1], classes=("a", "b", "c"), model="m")
    assert (one.balanced_accuracy, one.roc_auc, one.average_precision) == (1.0, None, None)


def test_a_class_that_is_never_predicted_scores_zero() -> None:
    evaluation = evaluate_predictions(
        np.array([0, 0, 1]), np.array([[0.9, 0.1]] * 3), classes=("a", "b"), model="m"
    )
    assert evaluation.classes[1].precision == evaluation.classes[1].f1 == 0


@pytest.mark.parametrize("examples", [50, 5000])
def test_the_roc_has_the_right_area_in_few_points(examples: int) -> None:
    labels, probabilities, evaluation = evaluated(examples, 2)
    assert evaluation.roc is not None
    assert len(evaluation.roc) <= 200
    x = [point.false_positive_rate for point in evaluation.roc]
    y = [point.true_positive_rate for point in evaluation.roc]
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    area = metrics.roc_auc_score(labels, probabilities[:, 1])
    assert np.trapezoid(y, x) == pytest.approx(area, abs=2e-3)


def test_there_is_no_roc_for_three_classes_or_one_sided_data() -> None:
    assert evaluated(50, 3)[2].roc is None
    one_sided = evaluate_predictions(
        np.zeros(3, int), np.full((3, 2), 0.5), classes=("a", "b"), model="m"
    )
    assert one_sided.roc is None


def test_wilson_as_in_the_textbook() -> None:
    interval = wilson_interval(81, 263)
    assert (interval.low, interval.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(10, 10).high == pytest.approx(1.0)
    assert wilson_interval(10, 10).low == pytest.approx(0.7225, abs=1e-4)
    assert wilson_interval(0, 10).low == 0


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.4, 0.6], [0.4, 0.6]])
    labels = np.array([0, 1, 1, 1])  # at 0.8 half are right, at 0.6 all
    bins = calibration_bins(labels, probabilities)
    assert [b.count for b in bins] == [2, 2]
    assert calibration_error(bins, 4) == pytest.approx(0.5 * 0.3 + 0.5 * 0.4)


def test_mistakes_are_the_most_confident_first() -> None:
    labels, probabilities, evaluation = evaluated(400, 4)
    confidences = [mistake.confidence for mistake in evaluation.mistakes]
    wrong = probabilities.argmax(axis=1) != labels
    assert len(confidences) == 16
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == probabilities.max(axis=1)[wrong].max()
    first = evaluation.mistakes[0]
    assert first.true == f"class {labels[first.index]}" != first.predicted


def test_declared_hyperparameters_survive_json() -> None:
    evaluation = evaluated(50, 2)[2]
    assert Evaluation.from_json(evaluation.to_json()) == evaluation


LINEAR = ComparedModel(kind="linear", correct=60, examples=100, trained_on=500, train_seconds=1.5)


def test_an_evaluation_without_simple_models_is_read() -> None:
    """Evaluations of earlier versions have no such field."""
    evaluation = evaluated(50, 2)[2]
    document = json.loads(evaluation.model_copy(update={"simple_models": (LINEAR,)}).to_json())
    assert Evaluation.model_validate(document).simple_models == (LINEAR,)
    del document["simple_models"]
    assert Evaluation.model_validate(document) == evaluation


def test_accuracy_of_a_simple_model() -> None:
    assert LINEAR.accuracy == 0.6
    assert LINEAR.accuracy_interval == wilson_interval(60, 100)


@pytest.mark.parametrize(
    "change",
    [
        {"correct": 101},
        {"correct": -1},
        {"examples": 0},
        {"train_seconds": -1.0},
        {"train_seconds": "NaN"},
        {"train_seconds": "Infinity"},
        {"kind": "network"},
    ],
)
def test_impossible_simple_models_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ComparedModel.model_validate(LINEAR.model_dump() | change)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not match"):
        evaluate_predictions(np.zeros(3, int), np.zeros((3, 2)), classes=("a",), model="m")


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 40), (37, 40), (980, 1000)])
def test_the_interval_of_a_proportion_is_that_of_scipy(successes: int, trials: int) -> None:
    ours = wilson_interval(successes, trials)
    theirs = binomtest(successes, trials).proportion_ci(method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
