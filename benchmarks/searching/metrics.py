"""What a run was worth: regret, hits, dominated volume; and how sure a comparison is."""

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
    """A figure with the range that 95 % of paired bootstrap samples give."""

    value: float
    low: float
    high: float


def regret(run: Run, goal: Goal, objective: Objective, budget: int) -> Floats:
    """How far the chosen point is from the best, after 1 .. budget full trainings.

    The chosen point is the one that looks best in full trainings; its regret is by its mean.
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
    """Full trainings until a point as good as the best was among them; infinite if none was."""
    spent = 0.0
    for ending in run.endings:
        spent += ending.cost
        if ending.truth and objective.sign * (ending.truth[0] - goal.near) >= 0:
            return math.ceil(spent - 1e-9)
    return math.inf


def volume(run: Run, front: Front, budget: int) -> Floats:
    """The dominated share of what the true front dominates, after 1 .. budget trainings."""
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
    """Mean of ``ours`` by mean of ``theirs``; both hold one figure a seed, the same seeds."""
    pairs = np.array([ours, theirs], dtype=float)
    draws = np.random.default_rng(seed).integers(pairs.shape[1], size=(_RESAMPLES, pairs.shape[1]))
    sums = pairs[:, draws].sum(axis=2)
    ratios = sums[0] / np.maximum(sums[1], 1e-300)
    low, high = np.quantile(ratios, [0.025, 0.975])
    value = pairs[0].sum() / max(pairs[1].sum(), 1e-300)
    return Interval(float(value), float(low), float(high))


def _after(spent: float) -> int:
    """Which entry of a curve is the first to know of a training that ended at this cost."""
    return max(0, math.ceil(spent - 1e-9) - 1)
