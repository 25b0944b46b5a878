"""An ensemble surrogate that is trained incrementally, as a function of the history alone.

Continuing a training is cheaper than repeating it, but the result must not depend on which process
trained before. The ensemble is therefore trained at milestones (see
:mod:`kubenas.search.milestones`), each time from the weights of the previous milestone, on all
trials up to there. For a proposal, the ensemble of the last milestone is trained for a few more
steps, which include pending trials. After a restart, all milestones are trained once.
"""

import numpy as np

from kubenas.search.milestones import milestone, milestones
from kubenas.search.oracles.encoding import Architectures, Encoding, Floats
from kubenas.search.oracles.history import History, standardise
from kubenas.search.oracles.surrogate.ensemble import MEMBERS, Ensemble, Examples
from kubenas.search.oracles.surrogate.ensemble_features import EnsembleFeatures
from kubenas.search.oracles.surrogate.expected_improvement import log_expected_improvement
from kubenas.search.seeds import derived_seed

_INITIAL_STEPS = 200
_STEPS = 60
"""Training steps at each later milestone."""
_FINAL_STEPS = 30
"""Training steps after the last milestone, on ended and pending trials."""
_BEST_COMPARED = 20
"""Best trials whose predictions are compared to find the best predicted score."""
_MIN_DEVIATION = 0.05
"""Minimum standard deviation of a prediction, since few members may agree by chance."""


class EnsembleSurrogate:
    """Predicts scores and feasibility.

    Args:
        encoding: encoding of the space.
        architectures: architectures of the space.
        seed: seed of the initial weights and of the batches.
    """

    def __init__(self, encoding: Encoding, architectures: Architectures, seed: int) -> None:
        self.inputs = EnsembleFeatures(encoding, architectures)
        self._seed = seed
        self._rows = self.inputs(np.empty((0, len(encoding))))
        self._trained: tuple[int, Ensemble] | None = None
        self._from_scratch = False

    def rank(self, points: Floats, history: History) -> Floats:
        """Returns ``points`` by expected improvement times feasibility, the largest first."""
        ensemble = self.train(history)
        predictions = ensemble.predict(self.inputs(points))
        known = np.concatenate([history.best(_BEST_COMPARED), history.pending])
        best = ensemble.predict(self.inputs(known)).scores.mean(axis=0).max()
        deviation = np.hypot(predictions.scores.std(axis=0), _MIN_DEVIATION)
        acquisition = log_expected_improvement(predictions.scores.mean(axis=0), deviation, best)
        return points[
            np.argsort(
                -(acquisition + np.log(np.maximum(predictions.feasible, 1e-9))), kind="stable"
            )
        ]

    def train(self, history: History) -> Ensemble:
        """Returns the ensemble after ``history``. Pending trials get their predicted scores."""
        self._extract_features(history)
        count = len(history.points)
        basis = self._train_to_milestone(milestone(count), history)
        examples = self._examples(history, count)
        if len(history.pending):
            expected = basis.predict(self.inputs(history.pending)).scores.mean(axis=0)
            examples = self._add_examples(examples, history.pending, expected)
        return basis.train(examples, _FINAL_STEPS, self._rng("late", history.started))

    def reset(self) -> None:
        """Discards the trained ensemble. From now on, training starts from the initial weights.

        Called when scores change, which then happens at each proposal.
        """
        self._trained, self._from_scratch = None, True

    def _train_to_milestone(self, target: int, history: History) -> Ensemble:
        """Trains up to a milestone and returns that ensemble."""
        if self._trained is None:
            self._trained = 0, Ensemble.initialise(self._rows.shape[1], self._rng("fresh", 0))
        done, ensemble = self._trained
        for count in (target,) if self._from_scratch else milestones(done, target):
            steps = _STEPS if done else _INITIAL_STEPS
            examples = self._examples(history, count)
            ensemble = ensemble.train(examples, steps, self._rng("milestone", count))
            done = count
        self._trained = done, ensemble
        return ensemble

    def _extract_features(self, history: History) -> None:
        new = history.points[len(self._rows) :]
        self._rows = np.concatenate([self._rows, self.inputs(new)])

    def _examples(self, history: History, count: int) -> Examples:
        scores = history.scores[:count].copy()
        known = ~np.isnan(scores)
        if known.any():
            scores[known] = standardise(scores[known])
        # Drawn row by row: the weights of an example do not change when more examples follow.
        sample_weights = self._rng("shares", 0).exponential(size=(count, MEMBERS))
        return Examples(self._rows[:count], scores, sample_weights)

    def _add_examples(self, known: Examples, points: Floats, scores: Floats) -> Examples:
        return Examples(
            np.concatenate([known.inputs, self.inputs(points)]),
            np.concatenate([known.scores, scores]),
            np.concatenate([known.sample_weights, np.ones((len(points), MEMBERS))]),
        )

    def _rng(self, purpose: str, count: int) -> np.random.Generator:
        return np.random.default_rng(derived_seed(f"surrogate {purpose}", self._seed, count))
