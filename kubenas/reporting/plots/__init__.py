"""Plots of the report, as inline SVG."""

from kubenas.reporting.plots.evaluation_plots import (
    MAX_CLASSES_DRAWN,
    calibration_curve,
    confused_pairs,
    confusion_matrix,
    roc_curve,
)
from kubenas.reporting.plots.importance_plot import plot_importance
from kubenas.reporting.plots.search_plots import (
    Figure,
    best_by_time,
    best_by_trial,
    learning_curves,
    score_by_cost,
)
from kubenas.reporting.plots.svg import Drawing, shorten

__all__ = [
    "MAX_CLASSES_DRAWN",
    "Drawing",
    "Figure",
    "best_by_time",
    "best_by_trial",
    "calibration_curve",
    "confused_pairs",
    "confusion_matrix",
    "learning_curves",
    "plot_importance",
    "roc_curve",
    "score_by_cost",
    "shorten",
]
