"""Training targets of surrogate models."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history.history import History

_CLIPPED = 0.3
"""Share of the worst scores that are clipped, since bad trials need not be distinguished."""

_MOST_DEVIATION = 100.0
"""Standard deviation, in units of that of all scores, beyond which an estimate says nothing."""


@dataclass(frozen=True)
class Observations:
    """Completed trials, with clipped and standardised scores."""

    rows: NDArray[np.intp]
    """Their rows in the history."""
    points: Floats
    targets: Floats
    variances: Floats
    """Variances of the targets that are estimates; 0: exact."""

    @property
    def exact(self) -> NDArray[np.bool_]:
        """Whether each target is exact; all of them count as exact if none is."""
        exact = np.asarray(self.variances == 0)
        return exact if exact.any() else ~exact


def observations(history: History, *, most: int) -> Observations:
    """Returns at most ``most`` completed trials: the best ones, and a sample of the others.

    Estimated scores come after all exact ones.
    """
    rows = np.flatnonzero(history.feasible)
    if len(rows) > most:
        order = np.lexsort((-history.scores[rows], history.estimated[rows]))
        best, others = order[: most // 2], order[most // 2 :]
        step = np.linspace(0, len(others) - 1, most - len(best)).astype(int)
        rows = rows[np.sort(np.concatenate([best, others[step]]))]
    scores = history.scores[rows]
    deviations = np.zeros(len(rows)) if history.deviations is None else history.deviations[rows]
    variances = np.minimum(deviations / spread(scores), _MOST_DEVIATION) ** 2
    return Observations(rows, history.points[rows], standardise(scores), variances)


def standardise(scores: Floats) -> Floats:
    """Returns scores with mean 0 and variance 1, the worst ones clipped."""
    clipped = _clipped(scores)
    return np.asarray((clipped - clipped.mean()) / spread(scores))


def spread(scores: Floats) -> float:
    """Returns the factor by which :func:`standardise` divides."""
    deviation = float(_clipped(scores).std())
    return deviation if deviation > 0 else 1.0


def _clipped(scores: Floats) -> Floats:
    return np.maximum(scores, np.quantile(scores, _CLIPPED))
