"""Pure policy gradient, with which neural architecture search began (Zoph and Le, Neural
Architecture Search with Reinforcement Learning, ICLR 2017): a yardstick, not a recommendation.
"""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History
from kubenas.search.oracles.policy import Decisions, Policy, own_rewards
from kubenas.search.oracles.surrogate import Adam
from kubenas.search.seeds import derived_seed

_WRITTEN = 32
_BATCH = 4
"""Ended trials for each step."""
_RATE = 0.01
_DOUBT = 0.01
_MEMORY = 0.9
"""Of the running mean that a reward is compared with."""


class ReinforceOracle(SearchOracle):
    """Tries what a recurrent network writes, which learns by REINFORCE (Williams, 1992)."""

    name = "reinforce"

    def prepare(self) -> None:
        self._decisions = Decisions(self.encoding)
        rng = np.random.default_rng(derived_seed("policy", self.seed))
        self._policy = Policy.fresh(self._decisions, rng)
        self._adam = Adam(self._policy.weights)
        self._learned = 0
        self._mean = 0.0

    def rescored(self) -> None:
        self.prepare()

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        while self._learned + _BATCH <= len(history.points):
            self._learn(history, self._learned, self._learned + _BATCH)
        return self._policy.write(_WRITTEN, 0.0, rng)

    def _learn(self, history: History, first: int, last: int) -> None:
        tokens = self._decisions.tokens(history.points[first:last])
        rewards = own_rewards(history.scores[:last])[first:]
        reading = self._policy.read(tokens)
        by_log_odds = -(rewards - self._mean) / _BATCH
        self._adam.step(self._policy.gradient(reading, by_log_odds, -_DOUBT / _BATCH), _RATE)
        self._mean += (1.0 - _MEMORY) * (float(rewards.mean()) - self._mean)
        self._learned = last
