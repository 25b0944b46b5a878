"""Metrics of how well probabilities rank examples, for data with classes of different sizes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_Labels = npt.NDArray[np.integer]
_Floats = npt.NDArray[np.floating]


def roc_auc(labels: _Labels, probabilities: _Floats) -> float | None:
    """Returns the area under the ROC curve, the mean over classes of each against the rest.

    Args:
        labels: shape (examples,).
        probabilities: shape (examples, classes). Of two classes, the second is the positive one.

    Returns:
        None if there are no examples of several classes.
    """
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415  takes a second to import

    return _macro(roc_auc_score, labels, probabilities)


def average_precision(labels: _Labels, probabilities: _Floats) -> float | None:
    """Returns the area under the precision-recall curve; arguments as for :func:`roc_auc`."""
    from sklearn.metrics import average_precision_score  # noqa: PLC0415  takes a second to import

    return _macro(average_precision_score, labels, probabilities)


def _macro(
    metric: Callable[[npt.NDArray[np.bool_], _Floats], float],
    labels: _Labels,
    probabilities: _Floats,
) -> float | None:
    """Returns the mean of ``metric`` over the classes that have examples, but not all of them."""
    classes = probabilities.shape[1]
    positive = [1] if classes == 2 else range(classes)
    counts = np.bincount(labels, minlength=classes)
    scores = [
        metric(labels == each, probabilities[:, each])
        for each in positive
        if 0 < counts[each] < len(labels)
    ]
    return float(np.mean(scores)) if scores else None
