"""Bayesian optimisation with a Gaussian process over values and graphs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from kubenas.search.milestones import milestone
from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats, children
from kubenas.search.oracles.history import History, observations
from kubenas.search.oracles.initial import is_beginning
from kubenas.search.oracles.surrogate import (
    Atlas,
    Feasibility,
    GaussianProcess,
    Inputs,
    Settings,
    fit,
    log_expected_improvement,
)
from kubenas.search.seeds import derived_seed

_OBSERVED = 400
"""Observations that the process holds at the most: the best, and a sample of the others."""
_FITTED = 150
"""Observations that its settings are fitted to at the most."""
_EVERYWHERE = 1500
"""Candidates from all over the space."""
_WIDER = 1.5
"""Times what the process says a deviation is: it takes its settings for certain, and the expected
improvement of one step leaves out what is learnt for the next.
"""
_PARENTS = 10
_CHILDREN = 30
"""Of each parent."""


@dataclass(frozen=True)
class Fitted:
    """What was learned of a search at one moment."""

    count: int
    """Observations so far."""
    inputs: Inputs
    targets: Floats
    settings: Settings

    @cached_property
    def correlation(self) -> float:
        """Of the scores' ranks with those expected of each without itself."""
        expected = GaussianProcess(self.inputs, self.targets, self.settings).left_out()
        if not np.ptp(expected) or not np.ptp(self.targets):
            return 0.0
        return float(stats.spearmanr(expected, self.targets).statistic)


class BayesianOracle(SearchOracle):
    """Tries where the expected improvement is largest."""

    name = "bayesian"

    def prepare(self) -> None:
        self._atlas = Atlas(self.encoding, self.designs)
        self._ordered = np.array(self.encoding.units, dtype=bool)
        self._feasibility = Feasibility(self._atlas, self._ordered)
        self._fitted: Fitted | None = None
        self._far: tuple[Floats, Inputs] | None = None

    def rescored(self) -> None:
        self._fitted = None

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        if is_beginning(history, self.max_trials):
            return self.begin(history, rng)
        return self.most_promising(history, rng)

    def most_promising(self, history: History, rng: np.random.Generator) -> Floats:
        """Candidates by expected improvement, the largest first."""
        rows, targets = observations(history, most=_OBSERVED)
        settings = self.fitted(history).settings
        process = GaussianProcess(self._atlas.inputs(rows), targets, settings)
        candidates, inputs = self._candidates(history, rng)
        mean, deviation = process.predict(inputs, self._atlas.inputs(history.pending))
        merit = log_expected_improvement(mean, _WIDER * deviation, process.smoothed.max())
        merit += self._feasibility.log_chances(history, inputs)
        return candidates[np.argsort(-merit, kind="stable")]

    def _candidates(self, history: History, rng: np.random.Generator) -> tuple[Floats, Inputs]:
        near = children(self.encoding, history.best(_PARENTS), _CHILDREN, rng)
        near = near[self.new(near)]
        far, far_inputs = self._everywhere()
        new = self.new(far)
        return np.concatenate([near, far[new]]), self._atlas.inputs(near).with_more(far_inputs[new])

    def _everywhere(self) -> tuple[Floats, Inputs]:
        """Candidates from all over the space, the same at every asking until the space grows."""
        if self._far is None:
            rng = np.random.default_rng(derived_seed("candidates", self.seed))
            points = self.encoding.sample(_EVERYWHERE, rng)
            self._far = points, self._atlas.inputs(points)
        return self._far

    def fitted(self, history: History) -> "Fitted":
        """Fitted to the first so many observations: the same after a restart."""
        count = milestone(int(history.feasible.sum()), apart=1)
        if self._fitted is None or self._fitted.count != count:
            upto = np.flatnonzero(history.feasible)[count - 1] + 1
            early = History(history.points[:upto], history.scores[:upto], history.pending[:0])
            rows, targets = observations(early, most=_FITTED)
            inputs = self._atlas.inputs(rows)
            self._fitted = Fitted(count, inputs, targets, fit(inputs, targets, self._ordered))
        return self._fitted
