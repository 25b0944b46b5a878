"""What an ensemble of networks learns from a history, as a function of that history alone.

Networks are cheapest trained on from where they were, yet what they were must not depend on which
process asked before. So the ensemble is trained at milestones, counts of ended trials that grow by
a share, each on from the one before, on the trials up to there. The present one is the last
milestone's after some steps on all trials, and some more on those in flight. A search that comes
back trains through some dozens of milestones once.
"""

import numpy as np

from kubenas.search.milestones import milestone, milestones
from kubenas.search.oracles.encoding import Designs, Encoding, Floats
from kubenas.search.oracles.history import History, standardised
from kubenas.search.oracles.surrogate.ensemble import MEMBERS, Ensemble, Examples
from kubenas.search.oracles.surrogate.expected_improvement import log_expected_improvement
from kubenas.search.oracles.surrogate.network_inputs import NetworkInputs
from kubenas.search.seeds import derived_seed

_FIRST_STEPS = 200
_STEPS = 60
"""Of training at each later milestone."""
_LATE_STEPS = 30
"""On what ended since the last milestone, and as many on what is in flight."""
_COMPARED = 20
"""Of the best trials; one of them is the best in the ensemble's own view."""
_DEVIATION = 0.05
"""At least, of a score: few members may agree by chance."""


class Surrogate:
    """Learns scores and feasibility.

    Args:
        encoding: of the space.
        designs: its networks.
        seed: of where the members start.
    """

    def __init__(self, encoding: Encoding, designs: Designs, seed: int) -> None:
        self.inputs = NetworkInputs(encoding, designs)
        self._seed = seed
        self._rows = self.inputs(np.empty((0, len(encoding))))
        self._reached: tuple[int, Ensemble] | None = None
        self._anew = False

    def ranked(self, points: Floats, history: History) -> Floats:
        """``points`` by expected improvement, the largest first; infeasible ones are no gain."""
        ensemble = self.after(history)
        held = ensemble.opinions(self.inputs(points))
        known = np.concatenate([history.best(_COMPARED), history.pending])
        best = ensemble.opinions(self.inputs(known)).scores.mean(axis=0).max()
        deviation = np.hypot(held.scores.std(axis=0), _DEVIATION)
        merit = log_expected_improvement(held.scores.mean(axis=0), deviation, best)
        return points[np.argsort(-(merit + np.log(np.maximum(held.feasible, 1e-9))), kind="stable")]

    def after(self, history: History) -> Ensemble:
        """What is held after ``history``, where those in flight are taken to end as expected."""
        self._read(history)
        count = len(history.points)
        basis = self._at(milestone(count), history)
        examples = self._examples(history, count)
        if len(history.pending):
            hoped = basis.opinions(self.inputs(history.pending)).scores.mean(axis=0)
            examples = self._with(examples, history.pending, hoped)
        return basis.trained(examples, _LATE_STEPS, self._rng("late", history.started))

    def forget(self) -> None:
        """Scores are others than before, and will be again: each time, training begins anew."""
        self._reached, self._anew = None, True

    def _at(self, reached: int, history: History) -> Ensemble:
        """The ensemble of a milestone."""
        if self._reached is None:
            self._reached = 0, Ensemble.fresh(self._rows.shape[1], self._rng("fresh", 0))
        done, ensemble = self._reached
        for count in (reached,) if self._anew else milestones(done, reached):
            steps = _STEPS if done else _FIRST_STEPS
            examples = self._examples(history, count)
            ensemble = ensemble.trained(examples, steps, self._rng("milestone", count))
            done = count
        self._reached = done, ensemble
        return ensemble

    def _read(self, history: History) -> None:
        new = history.points[len(self._rows) :]
        self._rows = np.concatenate([self._rows, self.inputs(new)])

    def _examples(self, history: History, count: int) -> Examples:
        scores = history.scores[:count].copy()
        known = ~np.isnan(scores)
        if known.any():
            scores[known] = standardised(scores[known])
        # Row by row: how much an example counts does not change as more come.
        shares = self._rng("shares", 0).exponential(size=(count, MEMBERS))
        return Examples(self._rows[:count], scores, shares)

    def _with(self, known: Examples, points: Floats, scores: Floats) -> Examples:
        return Examples(
            np.concatenate([known.inputs, self.inputs(points)]),
            np.concatenate([known.scores, scores]),
            np.concatenate([known.shares, np.ones((len(points), MEMBERS))]),
        )

    def _rng(self, purpose: str, count: int) -> np.random.Generator:
        return np.random.default_rng(derived_seed(f"surrogate {purpose}", self._seed, count))
