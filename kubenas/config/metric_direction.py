"""Inference of a metric's direction from its name, as in Keras-Tuner."""

from typing import Literal

_MAXIMISED = frozenset(
    """
    acc accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy
    top_k_categorical_accuracy sparse_top_k_categorical_accuracy
    auc precision recall true_positives true_negatives
    precision_at_recall recall_at_precision sensitivity_at_specificity specificity_at_sensitivity
    f1_score f_beta_score r2_score pearson_correlation concordance_correlation
    iou binary_iou mean_iou one_hot_iou one_hot_mean_iou
    """.replace("_", "").split()
)
"""Metrics to maximise. Keras-Tuner does not infer the last two lines; Keras declares "up"."""

_MINIMISED = frozenset(
    """
    loss ce crossentropy bce binary_crossentropy categorical_crossentropy
    sparse_categorical_crossentropy binary_focal_crossentropy categorical_focal_crossentropy
    categorical_generalized_cross_entropy kl_divergence poisson ctc circle dice tversky
    hinge squared_hinge categorical_hinge huber log_cosh log_cosh_error
    mse mae mape msle mean_squared_error mean_absolute_error mean_absolute_percentage_error
    mean_squared_logarithmic_error root_mean_squared_error false_positives false_negatives
    """.replace("_", "").split()
)


def infer_direction(metric: str) -> Literal["max", "min"] | None:
    """Returns whether ``metric`` is maximised or minimised; None if it cannot be inferred.

    Supports the names of Keras metrics and losses, with the prefixes ``val_`` and ``weighted_``.
    ``cosine_similarity`` is a metric to maximise and a loss to minimise, so it returns None.
    """
    name = metric.removeprefix("val_").removeprefix("weighted_").replace("_", "").lower()
    if name in _MAXIMISED:
        return "max"
    return "min" if name in _MINIMISED else None
