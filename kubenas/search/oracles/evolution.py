"""Regularised evolution (Real et al., Regularized Evolution for Image Classifier Architecture
Search, AAAI 2019), asynchronous. The population consists of the latest trials.
"""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Encoding, Floats, mutate
from kubenas.search.oracles.history import History
from kubenas.search.oracles.initial import expected_trials

POPULATION = 50
_TOURNAMENT = 10
_CHILDREN = 8
"""Children per proposal; the first new one is proposed."""


class EvolutionOracle(SearchOracle):
    """Mutates the winner of a tournament among the latest trials."""

    name = "evolution"

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        initial_trials = max(2, min(POPULATION, expected_trials(self.max_trials) // 5))
        if history.started < initial_trials or not history.feasible.any():
            return self.suggest_initial(history, rng)
        return evolve(self.encoding, history, rng)


def evolve(encoding: Encoding, history: History, rng: np.random.Generator) -> Floats:
    """Returns children of tournament winners, ``(children, dimensions)``."""
    points, scores = (each[-POPULATION:] for each in history.completed)
    size = min(_TOURNAMENT, len(points))
    drawn = [rng.choice(len(points), size=size, replace=False) for _ in range(_CHILDREN)]
    winners = [members[np.argmax(scores[members])] for members in drawn]
    return mutate(encoding, points[winners], rng, extra=0.1)
