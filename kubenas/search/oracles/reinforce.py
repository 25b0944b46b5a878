"""Policy gradient search (Zoph and Le, Neural Architecture Search with Reinforcement Learning,
ICLR 2017): a baseline, not a recommendation.
"""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History
from kubenas.search.oracles.policy import Policy, Tokenizer, compute_rewards
from kubenas.search.oracles.surrogate import Adam
from kubenas.search.seeds import derived_seed

_SAMPLES = 32
_BATCH_SIZE = 4
"""Ended trials per gradient step."""
_LEARNING_RATE = 0.01
_ENTROPY_WEIGHT = 0.01
_BASELINE_DECAY = 0.9
"""Decay of the running mean of rewards, which is the baseline."""


class ReinforceOracle(SearchOracle):
    """Samples from a recurrent policy network, trained by REINFORCE (Williams, 1992)."""

    name = "reinforce"

    def prepare(self) -> None:
        self._tokenizer = Tokenizer(self.encoding)
        rng = np.random.default_rng(derived_seed("policy", self.seed))
        self._policy = Policy.initialise(self._tokenizer, rng)
        self._adam = Adam(self._policy.weights)
        self._trained_on = 0
        self._mean = 0.0

    def reset_models(self) -> None:
        self.prepare()

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        while self._trained_on + _BATCH_SIZE <= len(history.points):
            self._train(history, self._trained_on, self._trained_on + _BATCH_SIZE)
        return self._policy.sample(_SAMPLES, 0.0, rng)

    def _train(self, history: History, first: int, last: int) -> None:
        tokens = self._tokenizer.tokens(history.points[first:last])
        rewards = compute_rewards(history.scores[:last])[first:]
        forward_pass = self._policy.forward(tokens)
        grad_log_probabilities = -(rewards - self._mean) / _BATCH_SIZE
        self._adam.step(
            self._policy.gradient(
                forward_pass, grad_log_probabilities, -_ENTROPY_WEIGHT / _BATCH_SIZE
            ),
            _LEARNING_RATE,
        )
        self._mean += (1.0 - _BASELINE_DECAY) * (float(rewards.mean()) - self._mean)
        self._trained_on = last
