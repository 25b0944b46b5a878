"""The history of a search as arrays, in the order in which trials ended."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats


@dataclass(frozen=True)
class History:
    """All trials, as points of the encoding."""

    points: Floats
    """``(ended, dimensions)``: points of ended trials, in the order of their ends."""
    scores: Floats
    """``(ended,)``: larger is better. NaN: infeasible or failed."""
    pending: Floats
    """``(pending, dimensions)``: points of running trials, in the order of their starts."""
    deviations: Floats | None = None
    """``(ended,)``: standard deviations of scores that are estimates; 0: exact. None: all are."""

    def first(self, ended: int) -> "History":
        """Returns the history of the first ``ended`` trials to end, with none in flight."""
        deviations = None if self.deviations is None else self.deviations[:ended]
        return History(self.points[:ended], self.scores[:ended], self.pending[:0], deviations)

    @property
    def estimated(self) -> NDArray[np.bool_]:
        """``(ended,)``: whether each score is an estimate."""
        if self.deviations is None:
            return np.zeros(len(self.points), dtype=bool)
        return self.deviations > 0

    @property
    def started(self) -> int:
        """Number of trials, including running ones. Also the number of the next trial."""
        return len(self.points) + len(self.pending)

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """``(ended,)``: whether each trial has a score."""
        return ~np.isnan(self.scores)

    @property
    def completed(self) -> tuple[Floats, Floats]:
        """Points and scores of the trials that have a score."""
        return self.points[self.feasible], self.scores[self.feasible]

    def best(self, count: int) -> Floats:
        """Returns the ``count`` best points, best first. Ties: the earlier trial comes first."""
        points, scores = self.completed
        return points[np.argsort(-scores, kind="stable")[:count]]


def same(one: History, other: History) -> bool:
    """Returns whether two histories are equal."""
    pairs = (
        (one.points, other.points),
        (one.scores, other.scores),
        (one.pending, other.pending),
        (one.deviations, other.deviations),
    )
    return all(
        a is b or (a is not None and b is not None and np.array_equal(a, b, equal_nan=True))
        for a, b in pairs
    )
