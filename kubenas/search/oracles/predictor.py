"""Small steps from the best, guided by an ensemble of neural networks (White et al., BANANAS:
Bayesian Optimization with Neural Architectures for Neural Architecture Search, AAAI 2021).
"""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats, children
from kubenas.search.oracles.history import History
from kubenas.search.oracles.initial import is_beginning
from kubenas.search.oracles.surrogate import Surrogate

_PARENTS = 10
_CHILDREN = 40
"""Of each parent."""
_STRANGERS = 100
"""Candidates from anywhere."""


class PredictorOracle(SearchOracle):
    """Tries, of the children of the best, the one of which most improvement is expected."""

    name = "predictor"

    def prepare(self) -> None:
        self._surrogate = Surrogate(self.encoding, self.designs, self.seed)

    def rescored(self) -> None:
        self._surrogate.forget()

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        if is_beginning(history, self.max_trials):
            return self.begin(history, rng)
        near = children(self.encoding, history.best(_PARENTS), _CHILDREN, rng)
        candidates = np.concatenate([near, self.encoding.sample(_STRANGERS, rng)])
        return self._surrogate.ranked(candidates[self.new(candidates)], history)
