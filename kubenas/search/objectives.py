"""What a trial is judged by: one metric, or several whose trade-offs are looked for. Pure."""

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
    """A metric of the training, or a cost of the network."""

    name: str
    direction: Literal["max", "min"]

    def of(self, end: Ended) -> float | None:
        """Its value for a trial that ended with ``end``; None: it is not known."""
        value = getattr(end, self.name) if self.name in COSTS else end.metrics.get(self.name)
        return value if value is not None and math.isfinite(value) else None


def objectives_of(config: SearchConfig) -> tuple[Objective, ...]:
    """All of a search, the one that scores a trial first."""
    first, *others = config.objectives
    given = config.direction or _inferred_direction(first)
    return (
        Objective(first, given),
        *(Objective(name, _inferred_direction(name)) for name in others),
    )


def pareto_front(trials: Sequence[TrialState], objectives: Sequence[Objective]) -> set[int]:
    """Numbers of those completed trials that no other one beats: none is at least as good in all
    objectives and better in one. Scores of different rungs are not compared: the longest counts.
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
    """Values of which larger ones are better; None: some are not known."""
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
        raise ValueError(f"no direction for {name}: the config's own check lets none through")
    return direction
