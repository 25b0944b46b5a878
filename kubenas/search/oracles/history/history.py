"""What an oracle knows when it is asked: frozen arrays, in the order in which trials ended."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats


@dataclass(frozen=True)
class History:
    """All trials so far, as points of the encoding."""

    points: Floats
    """``(ended, dimensions)``, in the order of their ends."""
    scores: Floats
    """``(ended,)``; the larger the better; NaN: infeasible or failed."""
    pending: Floats
    """``(in flight, dimensions)``, in the order of their starts."""

    @property
    def started(self) -> int:
        """Trials so far, those in flight included: the number of the next one."""
        return len(self.points) + len(self.pending)

    @property
    def feasible(self) -> NDArray[np.bool_]:
        """``(ended,)``: which have a score."""
        return ~np.isnan(self.scores)

    @property
    def completed(self) -> tuple[Floats, Floats]:
        """Points and scores of those that have a score."""
        return self.points[self.feasible], self.scores[self.feasible]

    def best(self, count: int) -> Floats:
        """The points with the best scores, best first; of equals the earlier."""
        points, scores = self.completed
        return points[np.argsort(-scores, kind="stable")[:count]]
