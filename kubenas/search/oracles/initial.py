"""Initial trials, before there are scores to learn from."""

from typing import Any

import numpy as np

from kubenas.search.oracles.encoding import (
    Architectures,
    Dimension,
    Encoding,
    Floats,
    mutate,
    sizes,
)
from kubenas.search.oracles.history import History

_EXPECTED_TRIALS = 100
"""Trials of a search without a maximum."""
_INITIAL_TRIALS = 8
"""Initial trials of a search that is long enough."""
_MIN_SCORES = 4
"""Minimum scores to learn from."""
_DRAWS = 64
_LARGE_SHARE = 0.15
"""Share of the draws that counts as large. Larger networks are usually better, and the best of the
smaller ones are rarely among the best.
"""
_LARGE_PROBABILITY = 0.8
"""Probability that an initial trial prefers large networks."""
_NEAR_DEFAULT_PROBABILITY = 0.75
"""Probability that an initial trial is a variation of the default network."""
_WIDTH = "width"
"""The hyperparameter that multiplies the sizes of all layers, in the spaces that have it."""
_FURTHER_CHANGES = 0.6
"""Probability of each further change in a variation: 2.5 changes on average."""


def expected_trials(max_trials: int | None) -> int:
    """Returns the number of trials to plan for, also where another budget ends the search."""
    return max_trials or _EXPECTED_TRIALS


def too_few_trials(history: History, max_trials: int | None) -> bool:
    """Returns whether there are too few trials or scores to learn from."""
    initial_trials = max(_MIN_SCORES, min(_INITIAL_TRIALS, expected_trials(max_trials) // 3))
    return history.started < initial_trials or int(history.feasible.sum()) < _MIN_SCORES


def stratified_sample(encoding: Encoding, history: History, rng: np.random.Generator) -> Floats:
    """Returns random points. Those with the rarest values of the top-level choice come first."""
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
    """Returns candidates for an initial trial, and whether they are drawn without preference.

    The first trial takes the explicit defaults of the space, or else the middle of all scales.
    Where a space with graphs has explicit defaults, most of the later ones are variations of them:
    its author knows a good network (Mallik et al., PriorBand, arXiv 2306.12370). In other spaces
    they are random, and with ``prefer_large`` most are large networks, unless a trial was
    infeasible: it may have been too large. With limits that follow from the time, the second
    trial takes the widest network within them that has explicit defaults otherwise.
    """
    drawn = stratified_sample(encoding, history, rng)
    explicit = has_explicit_default(encoding)
    if history.started == 0 and explicit:
        return np.concatenate([encoding.default()[None], drawn]), False
    wider = _wider(encoding)
    if history.started == 1 and explicit and architectures.limits_time and len(wider):
        return np.concatenate([wider, _varied(encoding, rng), drawn]), False
    if explicit and architectures.has_graphs and rng.random() <= _NEAR_DEFAULT_PROBABILITY:
        return np.concatenate([_varied(encoding, rng), drawn]), False
    prefer_large &= not explicit and architectures.has_graphs and bool(history.feasible.all())
    if prefer_large and rng.random() <= _LARGE_PROBABILITY:
        drawn, at_random = _larger_first(drawn, architectures)
    else:
        at_random = True
    if history.started == 0 and any(encoding.ordered):
        return encoding.centred(drawn, rng), False
    return drawn, at_random


def _varied(encoding: Encoding, rng: np.random.Generator) -> Floats:
    """Returns variations of the default point."""
    default = np.repeat(encoding.default()[None], _DRAWS, axis=0)
    return mutate(encoding, default, rng, extra=_FURTHER_CHANGES)


def _wider(encoding: Encoding) -> Floats:
    """Returns the default point with larger widths, the largest first; none without a width."""
    default = encoding.default()
    points = []
    for index, dimension in enumerate(encoding.dimensions):
        if dimension.name == _WIDTH:
            for level in range(dimension.levels - 1, int(default[index]), -1):
                points.append(default.copy())
                points[-1][index] = level
    return np.array(points).reshape(len(points), len(default))


def _larger_first(points: Floats, architectures: Architectures) -> tuple[Floats, bool]:
    """Returns the points, large networks first, and whether the sizes are unknown."""
    parameters = sizes(architectures.of(points))[:, 0]
    if np.isnan(parameters).any():
        return points, True
    large = parameters >= np.quantile(parameters, 1.0 - _LARGE_SHARE)
    return np.concatenate([points[large], points[~large]]), False


def has_explicit_default(encoding: Encoding) -> bool:
    """Returns whether the space declares a default other than the implicit one."""
    default = encoding.default()
    return any(
        not np.isnan(code) and code != dimension.encode(implicit_default(dimension))
        for code, dimension in zip(default, encoding.dimensions, strict=True)
    )


def implicit_default(dimension: Dimension) -> Any:
    """Returns the value that Keras-Tuner uses if no default is declared."""
    own = dimension.hyperparameter
    return own.min_value if dimension.kind == "numeric" else dimension.decode(0.0)
