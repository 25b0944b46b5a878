"""Whether more or less of a metric is better, by its name, as Keras-Tuner infers it. Pure."""

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
"""Keras-Tuner minimises the last two lines or cannot tell; Keras' own ``Metric`` says "up"."""

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
    """Whether ``metric`` is maximised or minimised; None: its name does not say.

    Knows Keras' metrics and losses by name, with ``val_`` and ``weighted_`` before it.
    ``cosine_similarity`` is both a metric (more is better) and a loss (less is), so it is None.
    """
    name = metric.removeprefix("val_").removeprefix("weighted_").replace("_", "").lower()
    if name in _MAXIMISED:
        return "max"
    return "min" if name in _MINIMISED else None
