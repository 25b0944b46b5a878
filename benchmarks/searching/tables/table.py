"""What the benchmark knows of a search problem: the score of every point, without training."""

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
        """What makes more better."""
        return 1.0 if self.direction == "max" else -1.0


@dataclass(frozen=True)
class Goal:
    """What can be reached at most, by the mean of all runs of a point."""

    best: float
    typical: float
    """The median point. Nobody is charged for being worse than that."""
    near: float
    """A point this good is as good as the best: within 0.1 points, or in the top 0.1 %."""


@dataclass(frozen=True)
class Front:
    """What several objectives can reach at most: a dominated volume, up to a worst point."""

    worst: Scores
    best: Scores
    """The best of each objective for itself."""
    volume: float
    """Of the true front, each objective scaled to 0 (worst) .. 1 (best)."""


@dataclass(frozen=True)
class Table:
    """A search problem.

    ``runs`` gives the scores of every known training of a point, one tuple a training;
    ``early`` those after ``early_epochs`` of ``epochs``. A point that ``feasible`` refuses
    ends without a score. ``seconds`` is what a full training takes.
    """

    name: str
    space: Space
    objectives: tuple[Objective, ...]
    goal: Goal | Front
    runs: Callable[[Values], Sequence[Scores]]
    seconds: Callable[[Values], float]
    early: Callable[[Values], Scores] | None = None
    early_epochs: int = 1
    epochs: int = 1
    feasible: Callable[[Values], bool] = field(default=lambda _: True)
    graph: Callable[[Mapping[str, Any]], "Graph"] | None = None
    quality: str = ""
    """What the scores are, with their unit."""

    def truth(self, values: Values) -> Scores:
        """The mean of all runs of a point."""
        return tuple(float(score) for score in np.mean(self.runs(values), axis=0))

    def one_run(self, values: Values, rng: np.random.Generator) -> Scores:
        """The scores of one of a point's runs."""
        runs = self.runs(values)
        return runs[int(rng.integers(len(runs)))]
