"""Hyperparameter importance: the share of the score's variance that each value explains.

The measure is epsilon squared (Kelley 1935, "An unbiased correlation ratio measure"): the variance
between groups of equal values as a share of the total, corrected for chance. It describes the
trials of the search. These are not a random sample of the space, so it is not a causal effect.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kubenas.reporting.formatting import format_value
from kubenas.search.journal import TrialState

MIN_TRIALS = 10
"""Minimum number of scored trials."""
_MAX_GROUPS = 8
_PERMUTATIONS = 1_000
_MAX_TRIALS = 1_000
_LEVEL = 0.05


@dataclass(frozen=True)
class Group:
    """Scores of trials with the same value, or with values in the same range."""

    label: str
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Importance:
    """The importance of one hyperparameter. ``effect`` is epsilon squared, 0 to 1."""

    name: str
    effect: float
    p_value: float
    """Share of random permutations of the scores with at least the same effect."""
    trials: int
    groups: tuple[Group, ...]
    significant: bool = False
    """Whether the effect is significant at the 5 % level, corrected for multiple tests."""


def rank_hyperparameters(trials: Sequence[TrialState]) -> list[Importance]:
    """Ranks the hyperparameters with at least two values: significant ones first, then by effect.

    Scores are replaced by ranks (Kruskal and Wallis 1952), so a few diverged trials have little
    influence. Large searches are subsampled evenly.

    Args:
        trials: completed trials, best first. With too few of them the result is empty.
    """
    scored = [trial for trial in trials if math.isfinite(_score(trial))]
    if len(scored) < MIN_TRIALS:
        return []
    sample = scored[:: math.ceil(len(scored) / _MAX_TRIALS)]
    tried = [(trial.used_values, _score(trial)) for trial in sample]
    names = dict.fromkeys(name for values, _ in tried for name in values)
    found = [importance for name in names if (importance := _importance(name, tried))]
    return sorted(
        _mark_significant(found), key=lambda c: (not c.significant, -c.effect, c.p_value, c.name)
    )


def _mark_significant(found: Sequence[Importance]) -> list[Importance]:
    """Marks the significant effects with the Holm-Bonferroni method (Holm 1979)."""
    marked: list[Importance] = []
    for place, importance in enumerate(sorted(found, key=lambda c: c.p_value)):
        so_far = all(earlier.significant for earlier in marked)
        significant = so_far and importance.p_value * (len(found) - place) <= _LEVEL
        marked.append(replace(importance, significant=significant))
    return marked


def _importance(name: str, tried: Sequence[tuple[Mapping[str, Any], float]]) -> Importance | None:
    """Computes the importance of ``name``; ``tried`` holds the values and score of each trial."""
    active = [(values[name], score) for values, score in tried if name in values]
    labels = _labels([value for value, _ in active])
    order = list(dict.fromkeys(label for _, label in sorted(set(labels), key=lambda pair: pair[0])))
    scores = np.array([score for _, score in active])
    codes = np.array([order.index(label) for _, label in labels])
    if len(order) < 2 or len(active) < MIN_TRIALS:
        return None
    ranks = _ranks(scores)
    effect, p_value = _effect(ranks, codes, len(order))
    groups = tuple(
        Group(label, tuple(float(s) for s in scores[codes == code]))
        for code, label in enumerate(order)
    )
    return Importance(name, effect, p_value, len(active), groups)


def _labels(values: Sequence[Any]) -> list[tuple[float, str]]:
    """Returns the sort key and the name of each value's group."""
    distinct = list(dict.fromkeys(values))
    numbers = [v for v in distinct if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < len(distinct):
        places = {value: place for place, value in enumerate(sorted(distinct, key=str))}
        return [(places[value], format_value(value)) for value in values]
    if len(distinct) <= _MAX_GROUPS:
        return [(float(value), format_value(value)) for value in values]
    return _quarters(np.array(values, dtype=float))


def _quarters(values: NDArray[np.float64]) -> list[tuple[float, str]]:
    """Groups ``values`` into four ranges with about equal numbers of trials."""
    inner = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf"))
    codes = np.searchsorted(inner, values, side="left")
    ranges = {
        int(code): (values[codes == code].min(), values[codes == code].max())
        for code in np.unique(codes)
    }
    names = {code: _range(float(low), float(high)) for code, (low, high) in ranges.items()}
    return [(float(code), names[int(code)]) for code in codes]


def _range(low: float, high: float) -> str:
    """Formats a range with as few digits as distinguish its ends."""
    if low.is_integer() and high.is_integer():
        return f"{low:.0f}" if low == high else f"{low:.0f}\u2013{high:.0f}"
    for digits in (2, 3, 4):
        first, last = f"{low:.{digits}g}", f"{high:.{digits}g}"
        if first != last:
            return f"{first}\u2013{last}"
    return first


def _effect(ranks: NDArray[np.float64], codes: NDArray[np.int_], k: int) -> tuple[float, float]:
    total = float(((ranks - ranks.mean()) ** 2).sum())
    n = len(ranks)
    if total == 0 or n <= k:
        return 0.0, 1.0
    eta = float(_between(ranks, codes, k)) / total
    repeated = np.broadcast_to(ranks, (_PERMUTATIONS, n))
    regrouped = np.random.default_rng(0).permuted(repeated, axis=1)
    as_strong = int((_between(regrouped, codes, k) / total >= eta - 1e-12).sum())
    effect = max(0.0, 1 - (1 - eta) * (n - 1) / (n - k))
    return effect, (as_strong + 1) / (_PERMUTATIONS + 1)


def _between(ranks: NDArray[np.float64], codes: NDArray[np.int_], k: int) -> NDArray[np.float64]:
    """Computes the sum of squares between groups for each row of ``ranks``, shape (..., n)."""
    members = (codes[:, None] == np.arange(k)).astype(float)
    sizes = members.sum(axis=0)
    means = (ranks - ranks.mean(axis=-1, keepdims=True)) @ members / sizes
    return np.asarray((sizes * means**2).sum(axis=-1))


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns ranks from 0; ties get their mean rank."""
    _, inverse, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return np.asarray((ends - (sizes + 1) / 2)[inverse], dtype=float)


def _score(trial: TrialState) -> float:
    return trial.end.score if trial.end and trial.end.score is not None else math.nan
