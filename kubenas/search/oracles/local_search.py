"""Local search (White et al., Exploring the Loss Landscape in Neural Architecture Search, UAI
2021): tries all networks that differ in one choice from the best ones.
"""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats, neighbours
from kubenas.search.oracles.history import History
from kubenas.search.oracles.initial import expected_trials

_INITIAL_TRIALS = 10
_CENTRES = 3
"""Best trials whose neighbours are tried before a restart."""


class LocalSearchOracle(SearchOracle):
    """Hill climbing from the best initial trials, with random restarts."""

    name = "local_search"

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        initial_trials = min(_INITIAL_TRIALS, max(2, expected_trials(self.max_trials) // 5))
        if history.started < initial_trials or not history.feasible.any():
            return self.suggest_initial(history, rng)
        around = [neighbours(self.encoding, point, rng) for point in history.best(_CENTRES)]
        return np.concatenate([*around, self.suggest_initial(history, rng)])
