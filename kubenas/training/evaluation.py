"""What a classifier's predictions on the test split say: evaluation.json. No TensorFlow."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from kubenas.trial import Value

EVALUATION_FILE = "evaluation.json"
PREDICTIONS_FILE = "predictions.npz"
_CALIBRATION_BINS = 15
_MISTAKES = 16
_ROC_POINTS = 200
_NORMAL_97_5 = 1.959963984540054
_SMALLEST_PROBABILITY = 1e-7

_Labels = npt.NDArray[np.integer]
_Floats = npt.NDArray[np.floating]


class Interval(Value):
    """A 95 % confidence interval."""

    low: float
    high: float


class ClassScores(Value):
    """How one class is recognised. A ratio without a denominator is 0, as in scikit-learn."""

    name: str
    support: int
    precision: float
    recall: float
    f1: float


class RocPoint(Value):
    """Rates when everything scored at least ``threshold`` is called the second class."""

    false_positive_rate: float
    true_positive_rate: float
    threshold: float


class CalibrationBin(Value):
    """Predictions of similar confidence: how sure they were and how often they were right."""

    confidence: float
    accuracy: float
    count: int


class Mistake(Value):
    """A wrong prediction."""

    index: int
    """Place in the test split, in file order."""
    true: str
    predicted: str
    confidence: float


class Evaluation(Value):
    """A model on the test split."""

    version: Literal[1] = 1
    model: str
    examples: int
    loss: float
    """Mean negative log-likelihood of the true class, in nats."""
    accuracy: float
    accuracy_interval: Interval
    calibration_error: float
    """Expected calibration error, 0 to 1."""
    calibration: tuple[CalibrationBin, ...]
    macro_f1: float
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Row: true class. Column: predicted class."""
    roc: tuple[RocPoint, ...] | None
    """For two classes only; the second is the positive one."""
    mistakes: tuple[Mistake, ...]
    """The most confident wrong predictions, the most confident first."""


def evaluate_predictions(
    labels: _Labels, probabilities: _Floats, *, classes: tuple[str, ...], model: str
) -> Evaluation:
    """Scores ``probabilities`` (examples, classes) against ``labels`` (examples,).

    Raises:
        ValueError: the shapes do not fit, or there is no example.
    """
    if len(labels) == 0 or probabilities.shape != (len(labels), len(classes)):
        raise ValueError(
            f"{len(labels)} labels of {len(classes)} classes do not fit probabilities of shape"
            f" {probabilities.shape}"
        )
    predicted = probabilities.argmax(axis=1)
    right = int((predicted == labels).sum())
    confusion = confusion_matrix(labels, predicted, len(classes))
    bins = calibration_bins(labels, probabilities)
    scores = tuple(_class_scores(confusion, k, name) for k, name in enumerate(classes))
    return Evaluation(
        model=model,
        examples=len(labels),
        loss=_log_loss(labels, probabilities),
        accuracy=right / len(labels),
        accuracy_interval=wilson_interval(right, len(labels)),
        calibration_error=calibration_error(bins, len(labels)),
        calibration=bins,
        macro_f1=sum(score.f1 for score in scores) / len(scores),
        classes=scores,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        roc=roc_curve(labels == 1, probabilities[:, 1]) if len(classes) == 2 else None,
        mistakes=_worst_mistakes(labels, probabilities, classes),
    )


def wilson_interval(successes: int, trials: int) -> Interval:
    """95 % score interval of a proportion (Wilson 1927); sound near 0 and 1 too."""
    z2 = _NORMAL_97_5**2
    share = successes / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    half = _NORMAL_97_5 * spread / (1 + z2 / trials)
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))


def confusion_matrix(labels: _Labels, predicted: _Labels, classes: int) -> npt.NDArray[np.int64]:
    """Counts by true class (row) and predicted class (column)."""
    counts = np.bincount(labels.astype(np.int64) * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes)


def calibration_bins(labels: _Labels, probabilities: _Floats) -> tuple[CalibrationBin, ...]:
    """Predictions in 15 equal bins of confidence; empty bins are left out."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    return tuple(
        CalibrationBin(
            confidence=float(confidence[bins == k].mean()),
            accuracy=float(right[bins == k].mean()),
            count=int((bins == k).sum()),
        )
        for k in np.unique(bins)
    )


def calibration_error(bins: Sequence[CalibrationBin], examples: int) -> float:
    """Expected calibration error: mean gap of confidence and accuracy (Guo et al. 2017)."""
    return sum(abs(b.accuracy - b.confidence) * b.count / examples for b in bins)


def roc_curve(positive: npt.NDArray[np.bool_], scores: _Floats) -> tuple[RocPoint, ...] | None:
    """At most 200 points from (0, 0) to (1, 1); None if there is but one class in the data."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return None
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_equals = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(positive[order])[last_of_equals]
    alarms = last_of_equals + 1 - hits
    chosen = np.linspace(0, len(hits) - 1, min(len(hits), _ROC_POINTS - 1)).round().astype(int)
    points = [
        RocPoint(
            false_positive_rate=float(alarms[k] / negatives),
            true_positive_rate=float(hits[k] / positives),
            threshold=float(ordered[last_of_equals[k]]),
        )
        for k in np.unique(chosen)
    ]
    start = RocPoint(false_positive_rate=0.0, true_positive_rate=0.0, threshold=1.0)
    return (start, *points)


def _log_loss(labels: _Labels, probabilities: _Floats) -> float:
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(true, _SMALLEST_PROBABILITY, 1.0)).mean())


def _class_scores(confusion: npt.NDArray[np.int64], index: int, name: str) -> ClassScores:
    right = int(confusion[index, index])
    support, called = int(confusion[index].sum()), int(confusion[:, index].sum())
    return ClassScores(
        name=name,
        support=support,
        precision=_ratio(right, called),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, support + called),
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _worst_mistakes(
    labels: _Labels, probabilities: _Floats, classes: tuple[str, ...]
) -> tuple[Mistake, ...]:
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:_MISTAKES]
    return tuple(
        Mistake(
            index=int(index),
            true=classes[labels[index]],
            predicted=classes[predicted[index]],
            confidence=float(confidence[index]),
        )
        for index in worst
    )
