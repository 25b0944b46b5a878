"""Training targets of surrogate models."""

import numpy as np

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history.history import History

_CLIPPED = 0.3
"""Share of the worst scores that are clipped, since bad trials need not be distinguished."""


def observations(history: History, *, most: int) -> tuple[Floats, Floats]:
    """Returns at most ``most`` completed points and their scores, clipped and standardised."""
    points, scores = history.completed
    if len(points) > most:
        order = np.argsort(-scores, kind="stable")
        best, others = order[: most // 2], order[most // 2 :]
        step = np.linspace(0, len(others) - 1, most - len(best)).astype(int)
        kept = np.sort(np.concatenate([best, others[step]]))
        points, scores = points[kept], scores[kept]
    return points, standardise(scores)


def standardise(scores: Floats) -> Floats:
    """Returns scores with mean 0 and variance 1, the worst ones clipped."""
    clipped = np.maximum(scores, np.quantile(scores, _CLIPPED))
    spread = clipped.std()
    return np.asarray((clipped - clipped.mean()) / (spread if spread > 0 else 1.0))
