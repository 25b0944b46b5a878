"""Mutations of the best networks, ranked by an ensemble of neural networks (White et al., BANANAS:
Bayesian Optimization with Neural Architectures for Neural Architecture Search, AAAI 2021).
"""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats, create_children
from kubenas.search.oracles.history import History
from kubenas.search.oracles.initial import too_few_trials
from kubenas.search.oracles.surrogate import EnsembleSurrogate

_PARENTS = 10
_CHILDREN = 40
"""Children of each parent."""
_RANDOM_CANDIDATES = 100
"""Candidates that are sampled from the whole space."""


class PredictorOracle(SearchOracle):
    """Proposes the child of the best networks with the largest expected improvement."""

    name = "predictor"

    def prepare(self) -> None:
        self._surrogate = EnsembleSurrogate(self.encoding, self.architectures, self.seed)

    def reset_models(self) -> None:
        self._surrogate.reset()

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        if too_few_trials(history, self.max_trials):
            return self.suggest_initial(history, rng)
        near = create_children(self.encoding, history.best(_PARENTS), _CHILDREN, rng)
        candidates = np.concatenate([near, self.encoding.sample(_RANDOM_CANDIDATES, rng)])
        return self._surrogate.rank(candidates[self.select_new(candidates)], history)
