"""The default oracle: Bayesian optimisation, combined with evolution and local search."""

import numpy as np

from kubenas.search.oracles.bayesian import BayesianOracle
from kubenas.search.oracles.encoding import Floats, neighbours
from kubenas.search.oracles.evolution import evolve
from kubenas.search.oracles.history import History

_MIN_SCORES_TO_CHECK = 24
"""Scores from which on the Gaussian process is checked by leave-one-out predictions."""
_MIN_CORRELATION = 0.3
"""Minimum rank correlation of predictions and scores; else half the proposals use no model."""
_MANY_PENDING = 64
"""Pending trials above which a fifth of the proposals uses no model."""


class AutoOracle(BayesianOracle):
    """Bayesian optimisation, mixed with other methods if its model fits badly."""

    name = "auto"

    def most_promising(self, history: History, rng: np.random.Generator) -> Floats:
        """See :class:`BayesianOracle`."""
        if rng.random() < self._share_without_model(history):
            return self._suggest_without_model(history, rng)
        return super().most_promising(history, rng)

    def select_continuation(self, history: History, rng: np.random.Generator) -> int | None:
        """See :class:`BayesianOracle`. None if this proposal uses no model."""
        # The same draw as for the proposal, so that both use the model or none does.
        if rng.random() < self._share_without_model(history):
            return None
        return super().select_continuation(history, rng)

    def _suggest_without_model(self, history: History, rng: np.random.Generator) -> Floats:
        """Returns children or neighbours of the best points. Needs no model."""
        if rng.random() < 0.5:
            return evolve(self.encoding, history, rng)
        return np.concatenate([neighbours(self.encoding, point, rng) for point in history.best(3)])

    def _share_without_model(self, history: History) -> float:
        crowded = 0.2 if len(history.pending) > _MANY_PENDING else 0.0
        return max(crowded, 0.0 if self._model_fits(history) else 0.5)

    def _model_fits(self, history: History) -> bool:
        fitted = self.fitted(history)
        return fitted.count < _MIN_SCORES_TO_CHECK or fitted.correlation >= _MIN_CORRELATION
