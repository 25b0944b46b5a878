"""Classification metrics on the test split: evaluation.json. Does not import TensorFlow."""

import math
from collections.abc import Sequence
from typing import Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from kubenas.training.ranking_metrics import average_precision, roc_auc
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


ComparedModelKind: TypeAlias = Literal["majority", "linear", "pretrained", "default"]
"""The most frequent class of the training split, a linear model on the pixels or words or on the
features of a pretrained network, or the default network of the space, trained like the network."""


class Interval(Value):
    """A 95 % confidence interval."""

    low: float
    high: float


class ClassScores(Value):
    """Metrics of one class. A ratio with denominator 0 is 0, as in scikit-learn."""

    name: str
    support: int
    precision: float
    recall: float
    f1: float


class RocPoint(Value):
    """A point of the ROC curve: scores of at least ``threshold`` predict the second class."""

    false_positive_rate: float
    true_positive_rate: float
    threshold: float


class CalibrationBin(Value):
    """A confidence bin: mean confidence and accuracy of its predictions."""

    confidence: float
    accuracy: float
    count: int


class Mistake(Value):
    """A wrong prediction."""

    index: int
    """Index in the test split, in file order."""
    true: str
    predicted: str
    confidence: float


class ComparedModel(Value):
    """The result of a simple model or the default network on the test split."""

    kind: ComparedModelKind
    correct: int = Field(ge=0)
    """Number of correct predictions."""
    examples: int = Field(ge=1)
    trained_on: int = Field(ge=0)
    """Number of training examples."""
    train_seconds: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _correct_are_examples(self) -> Self:
        if self.correct > self.examples:
            raise ValueError(f"{self.correct} of {self.examples} predictions cannot be correct")
        return self

    @property
    def accuracy(self) -> float:
        """Share of correct predictions."""
        return self.correct / self.examples

    @property
    def accuracy_interval(self) -> Interval:
        """The interval of the accuracy."""
        return wilson_interval(self.correct, self.examples)


class Evaluation(Value):
    """Metrics of a model on the test split."""

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
    balanced_accuracy: float | None = None
    """Mean recall of the classes with test examples. None, as the next two, in evaluations of
    earlier versions."""
    roc_auc: float | None = None
    """Area under the ROC curve, mean over the classes; None also with examples of one class."""
    average_precision: float | None = None
    """Area under the precision-recall curve, mean over the classes; None as for the ROC curve."""
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Row: true class. Column: predicted class."""
    roc: tuple[RocPoint, ...] | None
    """For two classes only. The second class is the positive class."""
    mistakes: tuple[Mistake, ...]
    """The wrong predictions with the highest confidence, in descending order."""
    simple_models: tuple[ComparedModel, ...] = ()
    """Simple models and the default network. Empty for a champion and in evaluations of earlier
    versions."""


def evaluate_predictions(
    labels: _Labels, probabilities: _Floats, *, classes: tuple[str, ...], model: str
) -> Evaluation:
    """Computes the metrics of ``probabilities`` (examples, classes) for ``labels`` (examples,).

    Raises:
        ValueError: the shapes do not match, or there are no examples.
    """
    if len(labels) == 0 or probabilities.shape != (len(labels), len(classes)):
        raise ValueError(
            f"{len(labels)} labels of {len(classes)} classes do not match probabilities of shape"
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
        macro_f1=_mean([score.f1 for score in scores]),
        balanced_accuracy=_mean([score.recall for score in scores if score.support]),
        roc_auc=roc_auc(labels, probabilities),
        average_precision=average_precision(labels, probabilities),
        classes=scores,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        roc=roc_curve(labels == 1, probabilities[:, 1]) if len(classes) == 2 else None,
        mistakes=_worst_mistakes(labels, probabilities, classes),
    )


def wilson_interval(successes: int, trials: int) -> Interval:
    """Returns the 95 % score interval of a proportion (Wilson 1927). Valid near 0 and 1."""
    z2 = _NORMAL_97_5**2
    share = successes / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    half = _NORMAL_97_5 * spread / (1 + z2 / trials)
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))


def confusion_matrix(labels: _Labels, predicted: _Labels, classes: int) -> npt.NDArray[np.int64]:
    """Returns the counts by true class (row) and predicted class (column)."""
    counts = np.bincount(labels.astype(np.int64) * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes)


def calibration_bins(labels: _Labels, probabilities: _Floats) -> tuple[CalibrationBin, ...]:
    """Groups predictions into 15 equal-width confidence bins. Empty bins are omitted."""
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
    """Returns the expected calibration error (Guo et al. 2017)."""
    return sum(abs(b.accuracy - b.confidence) * b.count / examples for b in bins)


def roc_curve(positive: npt.NDArray[np.bool_], scores: _Floats) -> tuple[RocPoint, ...] | None:
    """Returns at most 200 points from (0, 0) to (1, 1), or None if ``positive`` is constant."""
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


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


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
