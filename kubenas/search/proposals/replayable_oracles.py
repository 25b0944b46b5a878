"""Keras-Tuner's oracles, which can be restored by a replay of their proposals."""

from collections import deque
from typing import Any, Protocol

import keras_tuner
import numpy as np
from keras_tuner import oracles

from kubenas.search.seeds import derived_seed


class Replayable(Protocol):
    """What the adapter needs from an oracle in addition to Keras-Tuner's interface."""

    recorded: deque[dict[str, Any]]
    """Values for the next trials, used before the oracle suggests any."""
    end_order: list[str]
    """Keras-Tuner's list of ended trials' ids."""
    at_random: bool
    """Whether the latest proposal was drawn at random, independent of the scores."""

    def __getattr__(self, name: str) -> Any:
        """Keras-Tuner's attributes, which are untyped."""


class ReplayableOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Oracle that proposes recorded values first and writes no files."""

    at_random = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.recorded: deque[dict[str, Any]] = deque()
        self.verbose = 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        if self.recorded:
            return {"status": "RUNNING", "values": self.recorded.popleft()}
        return dict(super().populate_space(trial_id))

    def save(self) -> None:
        """Writes nothing: the journal is authoritative."""

    def _save_trial(self, trial: Any) -> None:
        """Writes nothing."""


class RandomOracle(ReplayableOracle, oracles.RandomSearchOracle):  # type: ignore[misc]
    """Random search."""

    at_random = True


class BayesianOracle(ReplayableOracle, oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """Bayesian optimisation, whose first point is the default one."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        if not self.trials and not self.recorded:
            # The space's defaults are usually a good first point.
            self.recorded.append(_defaults(self.hyperparameters))
        # get_state() omits the generator: a seed per trial makes a restart draw the same values.
        seed = derived_seed("acquisition", self.seed, len(self.trials))
        self._random_state = np.random.RandomState(seed)
        completed = sum(trial.status == "COMPLETED" for trial in self.trials.values())
        initial = self.num_initial_points or max(3 * len(self.hyperparameters.space), 3)
        self.at_random = not self.recorded and completed < initial
        return super().populate_space(trial_id)


class HyperbandOracle(ReplayableOracle, oracles.HyperbandOracle):  # type: ignore[misc]
    """Hyperband."""


def _defaults(space: keras_tuner.HyperParameters) -> dict[str, Any]:
    """Returns the default values of the hyperparameters that are active by default."""
    defaults = keras_tuner.HyperParameters()
    defaults.merge(space.space)
    return dict(defaults.values)
