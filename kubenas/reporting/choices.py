"""Which choices go with good scores: how far each hyperparameter's value explains the score.

The measure is epsilon squared (Kelley 1935, "An unbiased correlation ratio measure"): the share
of the variance between groups of equal value, less what groups of pure chance would show. It
describes the trials that were run; an oracle runs more of what it likes, so it is no experiment.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kubenas.reporting.quantities import plain
from kubenas.search.state import TrialState

ENOUGH_TRIALS = 10
"""Below this many scored trials no effect is worth showing."""
_MOST_GROUPS = 8
_PERMUTATIONS = 400
_MOST_TRIALS = 2_000


@dataclass(frozen=True)
class Group:
    """Trials with the same value, or with values in the same range."""

    label: str
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Choice:
    """One hyperparameter. ``effect`` is epsilon squared, 0 to 1."""

    name: str
    effect: float
    chance: float
    """Share of random regroupings of the same scores that look at least as strong."""
    trials: int
    groups: tuple[Group, ...]


def choices(trials: Sequence[TrialState]) -> list[Choice]:
    """All hyperparameters that took at least two values, strongest first.

    ``trials`` are completed ones, best first. Empty when there are too few of them. Scores are
    ranked first (Kruskal and Wallis 1952), so that a few diverged trials do not decide. Among
    very many trials an even sample is looked at.
    """
    scored = [trial for trial in trials if math.isfinite(_score(trial))]
    if len(scored) < ENOUGH_TRIALS:
        return []
    sample = scored[:: math.ceil(len(scored) / _MOST_TRIALS)]
    names = dict.fromkeys(name for trial in sample for name in trial.proposal.values)
    found = (_choice(name, sample) for name in names)
    return sorted((c for c in found if c), key=lambda c: (-c.effect, c.chance, c.name))


def _choice(name: str, trials: Sequence[TrialState]) -> Choice | None:
    active = [trial for trial in trials if name in trial.proposal.values]
    labels = _labels([trial.proposal.values[name] for trial in active])
    order = list(dict.fromkeys(label for _, label in sorted(set(labels), key=lambda pair: pair[0])))
    scores = np.array([_score(trial) for trial in active])
    codes = np.array([order.index(label) for _, label in labels])
    if len(order) < 2 or len(active) < ENOUGH_TRIALS:
        return None
    ranks = _ranks(scores)
    effect, chance = _effect(ranks, codes, len(order))
    groups = tuple(
        Group(label, tuple(float(s) for s in scores[codes == code]))
        for code, label in enumerate(order)
    )
    return Choice(name, effect, chance, len(active), groups)


def _labels(values: Sequence[Any]) -> list[tuple[float, str]]:
    """For each value its place in the order of groups, and the group's name."""
    distinct = list(dict.fromkeys(values))
    numbers = [v for v in distinct if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < len(distinct):
        places = {value: place for place, value in enumerate(sorted(distinct, key=str))}
        return [(places[value], plain(value)) for value in values]
    if len(distinct) <= _MOST_GROUPS:
        return [(float(value), plain(value)) for value in values]
    return _quarters(np.array(values, dtype=float))


def _quarters(values: NDArray[np.float64]) -> list[tuple[float, str]]:
    """Four ranges with about as many trials in each."""
    inner = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf"))
    codes = np.searchsorted(inner, values, side="left")
    names = {}
    for code in np.unique(codes):
        inside = values[codes == code]
        low, high = plain(float(inside.min())), plain(float(inside.max()))
        names[int(code)] = low if low == high else f"{low} \u2013 {high}"
    return [(float(code), names[int(code)]) for code in codes]


def _effect(ranks: NDArray[np.float64], codes: NDArray[np.int_], k: int) -> tuple[float, float]:
    total = float(((ranks - ranks.mean()) ** 2).sum())
    n = len(ranks)
    if total == 0 or n <= k:
        return 0.0, 1.0
    eta = _between(ranks, codes, k) / total
    random = np.random.default_rng(0)
    as_strong = sum(
        _between(random.permutation(ranks), codes, k) / total >= eta - 1e-12
        for _ in range(_PERMUTATIONS)
    )
    effect = max(0.0, 1 - (1 - eta) * (n - 1) / (n - k))
    return effect, (as_strong + 1) / (_PERMUTATIONS + 1)


def _between(ranks: NDArray[np.float64], codes: NDArray[np.int_], k: int) -> float:
    sizes = np.bincount(codes, minlength=k)
    means = np.bincount(codes, weights=ranks, minlength=k) / np.maximum(sizes, 1)
    return float((sizes * (means - ranks.mean()) ** 2).sum())


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0; equal scores share the mean of theirs."""
    _, inverse, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return np.asarray((ends - (sizes + 1) / 2)[inverse], dtype=float)


def _score(trial: TrialState) -> float:
    return trial.end.score if trial.end and trial.end.score is not None else math.nan
