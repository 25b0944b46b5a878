"""What a search costs until it has trained a network of some quality, in full trainings."""

import math
import statistics
from collections.abc import Sequence

from searching.metrics import regret
from searching.results import Results
from searching.simulation import Conditions, Run
from searching.tables.table import Goal, Objective, Table

POINTS = (0.5, 0.1)
"""Distances from the best network."""
HEAD = ("", "seeds", *(f"to {points} points" for points in POINTS), "final regret", "thinking, s")


def costs(results: Results, conditions: Conditions, table: Table) -> list[tuple[str, ...]]:
    """Returns a row of medians, mean final regret and mean thinking time for each algorithm."""
    assert isinstance(table.goal, Goal)
    rows = []
    for name in results.algorithms(conditions):
        if runs := list(results.runs(conditions, name).values()):
            rows.append((name, str(len(runs)), *_figures(runs, conditions.budget, table)))
    return rows


def cost_to(run: Run, goal: Goal, objective: Objective, points: float) -> float:
    """Returns the cost until a full training within ``points`` of the best, or infinity."""
    spent = 0.0
    for ending in run.endings:
        spent += ending.cost
        if ending.truth and objective.sign * (goal.best - ending.truth[0]) <= points:
            return spent
    return math.inf


def _figures(runs: Sequence[Run], budget: int, table: Table) -> tuple[str, ...]:
    assert isinstance(table.goal, Goal)
    goal, objective = table.goal, table.objectives[0]
    medians = (
        statistics.median([cost_to(run, goal, objective, points) for run in runs])
        for points in POINTS
    )
    last = statistics.fmean(regret(run, goal, objective, budget)[-1] for run in runs)
    thinking = statistics.fmean(sum(run.thinking) for run in runs)
    cells = (f"{cost:.1f}" if math.isfinite(cost) else f">{budget}" for cost in medians)
    return (*cells, f"{last:.3f}", f"{thinking:.0f}")
