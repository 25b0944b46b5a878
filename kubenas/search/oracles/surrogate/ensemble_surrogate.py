"""What an ensemble of networks learns from a history, as a function of that history alone.

Networks are cheapest trained on from where they were, yet what they were must not depend on which
process asked before. So the ensemble is trained at milestones, counts of ended trials that grow by
a share, each on from the one before, on the trials up to there. The present one is the last
milestone's after some steps on all trials, and some more on those in flight. A search that comes
back trains through some dozens of milestones once.
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
"""Of training at each later milestone."""
_FINAL_STEPS = 30
"""On what ended since the last milestone, and as many on what is in flight."""
_BEST_COMPARED = 20
"""Of the best trials; one of them is the best in the ensemble's own view."""
_MIN_DEVIATION = 0.05
"""At least, of a score: few members may agree by chance."""


class EnsembleSurrogate:
    """Learns scores and feasibility.

    Args:
        encoding: of the space.
        designs: its networks.
        seed: of where the members start.
    """

    def __init__(self, encoding: Encoding, architectures: Architectures, seed: int) -> None:
        self.inputs = EnsembleFeatures(encoding, architectures)
        self._seed = seed
        self._rows = self.inputs(np.empty((0, len(encoding))))
        self._trained: tuple[int, Ensemble] | None = None
        self._from_scratch = False

    def rank(self, points: Floats, history: History) -> Floats:
        """``points`` by expected improvement, the largest first; infeasible ones are no gain."""
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
        """What is held after ``history``, where those in flight are taken to end as expected."""
        self._extract_features(history)
        count = len(history.points)
        basis = self._train_to_milestone(milestone(count), history)
        examples = self._examples(history, count)
        if len(history.pending):
            expected = basis.predict(self.inputs(history.pending)).scores.mean(axis=0)
            examples = self._add_examples(examples, history.pending, expected)
        return basis.train(examples, _FINAL_STEPS, self._rng("late", history.started))

    def reset(self) -> None:
        """Scores are others than before, and will be again: each time, training begins anew."""
        self._trained, self._from_scratch = None, True

    def _train_to_milestone(self, target: int, history: History) -> Ensemble:
        """The ensemble of a milestone."""
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
        # Row by row: how much an example counts does not change as more come.
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
