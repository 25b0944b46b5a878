"""Metrics of runs (regret, hits, dominated volume), and bootstrap intervals of ratios."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from searching.hypervolume import dominated, scaled
from searching.simulation import Run
from searching.tables.arrays import Floats
from searching.tables.table import Front, Goal, Objective, Scores

_RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval by paired bootstrap."""

    value: float
    low: float
    high: float


def regret(run: Run, goal: Goal, objective: Objective, budget: int) -> Floats:
    """Returns the regret of the chosen point after 1 .. budget full trainings.

    The chosen point has the best observed score of full trainings. Its regret is computed from the
    mean of its runs.
    """
    worst = abs(goal.best - goal.typical)
    curve = np.full(budget, worst)
    spent, chosen = 0.0, -math.inf
    for ending in run.endings:
        spent += ending.cost
        if ending.observed is None or ending.truth is None:
            continue
        seen = objective.sign * ending.observed[0]
        if seen > chosen and spent <= budget + 1e-9:
            chosen = seen
            curve[_after(spent) :] = min(worst, abs(goal.best - ending.truth[0]))
    return curve


def queries_to_near(run: Run, goal: Goal, objective: Objective) -> float:
    """Returns the full trainings until the first hit, or infinity."""
    spent = 0.0
    for ending in run.endings:
        spent += ending.cost
        if ending.truth and objective.sign * (ending.truth[0] - goal.near) >= 0:
            return math.ceil(spent - 1e-9)
    return math.inf


def volume(run: Run, front: Front, budget: int) -> Floats:
    """Returns the dominated share of the true front's volume after 1 .. budget trainings."""
    curve = np.zeros(budget)
    kept: list[Scores] = []
    area = 0.0
    for count, ending in enumerate(run.endings[:budget]):
        if ending.truth is not None:
            kept.append(ending.truth)
            area = dominated(scaled(np.array(kept), front.worst, front.best))
        curve[count:] = area / front.volume
    return curve


def ratio(ours: Sequence[float], theirs: Sequence[float], seed: int = 0) -> Interval:
    """Returns the mean of ``ours`` divided by that of ``theirs``, paired by seed."""
    pairs = np.array([ours, theirs], dtype=float)
    draws = np.random.default_rng(seed).integers(pairs.shape[1], size=(_RESAMPLES, pairs.shape[1]))
    sums = pairs[:, draws].sum(axis=2)
    ratios = sums[0] / np.maximum(sums[1], 1e-300)
    low, high = np.quantile(ratios, [0.025, 0.975])
    value = pairs[0].sum() / max(pairs[1].sum(), 1e-300)
    return Interval(float(value), float(low), float(high))


def _after(spent: float) -> int:
    """Returns the first index of a curve that includes a training that ended at this cost."""
    return max(0, math.ceil(spent - 1e-9) - 1)
