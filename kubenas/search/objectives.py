"""Objectives of a search, and the Pareto front of its trials. Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kubenas.config import COSTS, SearchConfig, infer_direction
from kubenas.search.journal import Ended, TrialState
from kubenas.search.pareto import non_dominated


@dataclass(frozen=True)
class Objective:
    """A training metric, or a cost of the network such as its number of parameters."""

    name: str
    direction: Literal["max", "min"]

    def of(self, end: Ended) -> float | None:
        """Returns the finite value for a trial that ended with ``end``; None if unknown."""
        value = getattr(end, self.name) if self.name in COSTS else end.metrics.get(self.name)
        return value if value is not None and math.isfinite(value) else None


def objectives_of(config: SearchConfig) -> tuple[Objective, ...]:
    """Returns the search's objectives. The first one is the trial's score."""
    first, *others = config.objectives
    given = config.direction or _inferred_direction(first)
    return (
        Objective(first, given),
        *(Objective(name, _inferred_direction(name)) for name in others),
    )


def pareto_front(trials: Sequence[TrialState], objectives: Sequence[Objective]) -> set[int]:
    """Returns the numbers of the completed trials on the Pareto front.

    Scores of different rungs are not comparable: only trials of the highest rung are considered.
    """
    longest = max((trial.rung for trial in trials), default=0)
    points = {
        trial.number: values
        for trial in trials
        if trial.rung == longest and (values := _values(trial, objectives)) is not None
    }
    on_front = non_dominated(np.array([*points.values()]).reshape(len(points), len(objectives)))
    return {number for number, found in zip(points, on_front, strict=True) if found}


def _values(trial: TrialState, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """Returns the objectives' values, signed so that larger is better; None if one is unknown."""
    if trial.end is None or trial.end.score is None:
        return None
    values: list[float] = []
    for place, objective in enumerate(objectives):
        value = trial.end.score if place == 0 else objective.of(trial.end)
        if value is None:
            return None
        values.append(value if objective.direction == "max" else -value)
    return tuple(values)


def _inferred_direction(name: str) -> Literal["max", "min"]:
    direction = "min" if name in COSTS else infer_direction(name)
    if direction is None:
        raise ValueError(f"no direction for {name}: the config must reject this name")
    return direction
