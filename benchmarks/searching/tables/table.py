"""Tables: search problems with known scores of all points, so that nothing is trained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from searching.tables.space import Space, Values

if TYPE_CHECKING:
    from kubenas.spaces.graph import Graph

Scores = tuple[float, ...]


@dataclass(frozen=True)
class Objective:
    name: str
    direction: Literal["max", "min"] = "max"

    @property
    def sign(self) -> float:
        """Factor that makes larger scores better."""
        return 1.0 if self.direction == "max" else -1.0


@dataclass(frozen=True)
class Goal:
    """The best reachable score, by the mean of all runs of a point."""

    best: float
    typical: float
    """Score of the median point. Regret is capped there."""
    near: float
    """Score from which on a point counts as a hit: within 0.1 points, or in the top 0.1 %."""


@dataclass(frozen=True)
class Front:
    """The true Pareto front of several objectives, and its dominated volume."""

    worst: Scores
    best: Scores
    """The best value of each objective."""
    volume: float
    """Dominated volume of the true front, with objectives scaled to 0 (worst) .. 1 (best)."""


@dataclass(frozen=True)
class Table:
    """A search problem.

    ``runs`` returns the scores of all known trainings of a point, one tuple per training, and
    ``early`` the scores after some of the ``epochs``. Points for which ``feasible`` is False end
    without a score. ``seconds`` is the duration of a full training.
    """

    name: str
    space: Space
    objectives: tuple[Objective, ...]
    goal: Goal | Front
    runs: Callable[[Values], Sequence[Scores]]
    seconds: Callable[[Values], float]
    early: Callable[[Values, int], Scores] | None = None
    early_epochs: int = 1
    """The fewest epochs for which ``early`` knows the scores."""
    has_curves: bool = False
    """Whether ``early`` also knows the scores after any more epochs."""
    epochs: int = 1
    feasible: Callable[[Values], bool] = field(default=lambda _: True)
    graph: Callable[[Mapping[str, Any]], "Graph"] | None = None
    quality: str = ""
    """Name of the score, with its unit."""

    def truth(self, values: Values) -> Scores:
        """Returns the mean of all runs of a point."""
        return tuple(float(score) for score in np.mean(self.runs(values), axis=0))

    def one_run(self, values: Values, rng: np.random.Generator) -> Scores:
        """Returns the scores of a random run of a point."""
        runs = self.runs(values)
        return runs[int(rng.integers(len(runs)))]
