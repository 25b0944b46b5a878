"""Scores as a model learns them."""

import numpy as np

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history.history import History

_CLIPPED = 0.3
"""Share of the scores, the worst, that count as equally bad: what is bad need not be told apart."""


def observations(history: History, *, most: int) -> tuple[Floats, Floats]:
    """At most ``most`` completed points and their scores, clipped and standardised."""
    points, scores = history.completed
    if len(points) > most:
        order = np.argsort(-scores, kind="stable")
        best, others = order[: most // 2], order[most // 2 :]
        step = np.linspace(0, len(others) - 1, most - len(best)).astype(int)
        kept = np.sort(np.concatenate([best, others[step]]))
        points, scores = points[kept], scores[kept]
    return points, standardise(scores)


def standardise(scores: Floats) -> Floats:
    """Mean 0 and variance 1, the worst clipped."""
    clipped = np.maximum(scores, np.quantile(scores, _CLIPPED))
    spread = clipped.std()
    return np.asarray((clipped - clipped.mean()) / (spread if spread > 0 else 1.0))
