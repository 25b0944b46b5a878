"""An oracle that samples architectures from a recurrent policy network and proposes the one with
the largest expected improvement by an ensemble of neural networks.
"""

from functools import cached_property
from typing import Any

import numpy as np

from kubenas.search.milestones import milestone
from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History, TrialOrder
from kubenas.search.oracles.initial import too_few_trials
from kubenas.search.oracles.policy import PolicyLearner, Tokenizer
from kubenas.search.oracles.surrogate import EnsembleSurrogate

_SAMPLES = 1000
_EXPLORATION = 0.1
"""Share of choices that are made uniformly at random."""


class GeneratorOracle(SearchOracle):
    """Samples architectures and proposes the one with the largest expected improvement."""

    name = "generator"
    revisable = (
        False  # the policy that sampled a trial depends on the trials that had ended by then
    )

    def prepare(self) -> None:
        self._surrogate = EnsembleSurrogate(self.encoding, self.architectures, self.seed)
        self._learner = PolicyLearner(Tokenizer(self.encoding), self.seed)

    @cached_property
    def _sampled_by(self) -> dict[str, int]:
        """The milestone of the policy that sampled each trial. External trials are missing."""
        return {}

    def reset_models(self) -> None:
        self._surrogate.reset()
        self._learner.reset()

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        # Only now is it known which policy samples; training needs it when the trial has ended.
        self._sampled_by[trial_id] = milestone(len(TrialOrder.of(self).ended))
        return super().populate_space(trial_id)

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        if too_few_trials(history, self.max_trials):
            return self.suggest_initial(history, rng)
        ended = TrialOrder.of(self).ended
        sampled_by = np.array([self._sampled_by.get(trial.trial_id, 0) for trial in ended])
        policy = self._learner.learn(history, sampled_by)
        sampled = policy.sample(_SAMPLES, _EXPLORATION, rng)
        return self._surrogate.rank(sampled[self.select_new(sampled)], history)

    def get_state(self) -> dict[str, Any]:
        """See ``keras_tuner.Oracle``."""
        return {**super().get_state(), "writers": self._sampled_by}

    def set_state(self, state: dict[str, Any]) -> None:
        self._sampled_by = dict(state["writers"])
        super().set_state(state)
