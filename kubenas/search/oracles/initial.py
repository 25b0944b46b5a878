"""The trials before there is anything to learn from."""

from typing import Any

import numpy as np

from kubenas.search.oracles.encoding import Architectures, Dimension, Encoding, Floats, sizes
from kubenas.search.oracles.history import History

_INITIAL_TRIALS = 8
"""Trials before the first guess, of a search that is long enough."""
_MIN_SCORES = 4
"""Scores to learn from."""
_DRAWS = 64
_LARGE_SHARE = 0.15
"""Larger networks are better more often than not, and even the best of the smaller ones are seldom
among the best: the share of the draws that counts as large.
"""
_LARGE_PROBABILITY = 0.8


def too_few_trials(history: History, max_trials: int | None) -> bool:
    """Whether there is too little yet to learn from."""
    initial_trials = max(_MIN_SCORES, min(_INITIAL_TRIALS, (max_trials or 100) // 3))
    return history.started < initial_trials or int(history.feasible.sum()) < _MIN_SCORES


def stratified_sample(encoding: Encoding, history: History, rng: np.random.Generator) -> Floats:
    """Random points, those first whose top-level choice has been made least often."""
    drawn = encoding.sample(_DRAWS, rng)
    index = encoding.top_level_choice
    if index is None:
        return drawn
    made = np.concatenate([history.points[:, index], history.pending[:, index]])
    counts = np.bincount(
        made[~np.isnan(made)].astype(int), minlength=encoding.dimensions[index].levels
    )
    return drawn[np.argsort(counts[drawn[:, index].astype(int)], kind="stable")]


def suggest_initial(
    encoding: Encoding,
    architectures: Architectures,
    history: History,
    rng: np.random.Generator,
    *,
    prefer_large: bool,
) -> tuple[Floats, bool]:
    """Points to begin with, and whether they are drawn at random without preference.

    The space's own defaults, or what they usually are: all scales in the middle. Then random ones,
    mostly larger networks if so asked, unless a trial was infeasible: it may have been too large.
    """
    drawn = stratified_sample(encoding, history, rng)
    if history.started == 0 and has_explicit_default(encoding):
        return np.concatenate([encoding.default()[None], drawn]), False
    prefer_large &= architectures.has_graphs and bool(history.feasible.all())
    if prefer_large and rng.random() <= _LARGE_PROBABILITY:
        drawn, at_random = _larger_first(drawn, architectures)
    else:
        at_random = True
    if history.started == 0 and any(encoding.ordered):
        return encoding.centred(drawn, rng), False
    return drawn, at_random


def _larger_first(points: Floats, architectures: Architectures) -> tuple[Floats, bool]:
    """The points of large networks first, and whether nobody knows which these are."""
    parameters = sizes(architectures.of(points))[:, 0]
    if np.isnan(parameters).any():
        return points, True
    large = parameters >= np.quantile(parameters, 1.0 - _LARGE_SHARE)
    return np.concatenate([points[large], points[~large]]), False


def has_explicit_default(encoding: Encoding) -> bool:
    """Whether whoever made the space named any default but the first value of a choice."""
    default = encoding.default()
    return any(
        not np.isnan(code) and code != dimension.encode(implicit_default(dimension))
        for code, dimension in zip(default, encoding.dimensions, strict=True)
    )


def implicit_default(dimension: Dimension) -> Any:
    """What Keras-Tuner takes for the default where none is named."""
    own = dimension.hyperparameter
    return own.min_value if dimension.kind == "numeric" else dimension.decode(0.0)
