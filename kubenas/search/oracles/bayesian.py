"""Bayesian optimisation with a Gaussian process over hyperparameter values and graphs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from kubenas.search.milestones import milestone
from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats, create_children
from kubenas.search.oracles.history import History, observations
from kubenas.search.oracles.initial import too_few_trials
from kubenas.search.oracles.surrogate import (
    FeasibilityModel,
    FeatureExtractor,
    GaussianProcess,
    InputFeatures,
    Settings,
    fit,
    log_expected_improvement,
)
from kubenas.search.seeds import derived_seed

_MAX_OBSERVATIONS = 400
"""Maximum observations of the Gaussian process: the best ones and a sample of the others."""
_MAX_FITTED = 150
"""Maximum observations that the kernel's settings are fitted to."""
_GLOBAL_CANDIDATES = 1500
"""Candidates that are sampled from the whole space."""
_DEVIATION_FACTOR = 1.5
"""Factor on the predicted standard deviations. The model ignores the uncertainty of its settings,
and the expected improvement ignores what a trial teaches for later ones.
"""
_PARENTS = 10
_CHILDREN = 30
"""Children of each parent."""


@dataclass(frozen=True)
class FittedModel:
    """A model fitted to the first ``count`` observations."""

    count: int
    inputs: InputFeatures
    targets: Floats
    settings: Settings

    @cached_property
    def correlation(self) -> float:
        """Rank correlation of the scores and their leave-one-out predictions."""
        expected = GaussianProcess(self.inputs, self.targets, self.settings).predict_leave_one_out()
        if not np.ptp(expected) or not np.ptp(self.targets):
            return 0.0
        return float(stats.spearmanr(expected, self.targets).statistic)


class BayesianOracle(SearchOracle):
    """Proposes the point with the largest expected improvement."""

    name = "bayesian"

    def prepare(self) -> None:
        self._extractor = FeatureExtractor(self.encoding, self.architectures)
        self._ordered = np.array(self.encoding.ordered, dtype=bool)
        self._feasibility = FeasibilityModel(self._extractor, self._ordered)
        self._fitted: FittedModel | None = None
        self._cached_global_candidates: tuple[Floats, InputFeatures] | None = None

    def reset_models(self) -> None:
        self._fitted = None

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        if too_few_trials(history, self.max_trials):
            return self.suggest_initial(history, rng)
        return self.most_promising(history, rng)

    def most_promising(self, history: History, rng: np.random.Generator) -> Floats:
        """Returns candidates sorted by expected improvement, the largest first."""
        rows, targets = observations(history, most=_MAX_OBSERVATIONS)
        settings = self.fitted(history).settings
        process = GaussianProcess(self._extractor.extract(rows), targets, settings)
        candidates, inputs = self._candidates(history, rng)
        mean, deviation = process.predict(inputs, self._extractor.extract(history.pending))
        acquisition = log_expected_improvement(
            mean, _DEVIATION_FACTOR * deviation, process.posterior_mean.max()
        )
        acquisition += self._feasibility.log_probabilities(history, inputs)
        return candidates[np.argsort(-acquisition, kind="stable")]

    def _candidates(
        self, history: History, rng: np.random.Generator
    ) -> tuple[Floats, InputFeatures]:
        near = create_children(self.encoding, history.best(_PARENTS), _CHILDREN, rng)
        near = near[self.select_new(near)]
        far, far_inputs = self._global_candidates()
        new = self.select_new(far)
        return np.concatenate([near, far[new]]), self._extractor.extract(near).with_more(
            far_inputs[new]
        )

    def _global_candidates(self) -> tuple[Floats, InputFeatures]:
        """Returns candidates from the whole space: always the same ones until the space grows."""
        if self._cached_global_candidates is None:
            rng = np.random.default_rng(derived_seed("candidates", self.seed))
            points = self.encoding.sample(_GLOBAL_CANDIDATES, rng)
            self._cached_global_candidates = points, self._extractor.extract(points)
        return self._cached_global_candidates

    def fitted(self, history: History) -> FittedModel:
        """Returns the model of the last milestone, which is the same after a restart."""
        count = milestone(int(history.feasible.sum()), apart=1)
        if self._fitted is None or self._fitted.count != count:
            upto = np.flatnonzero(history.feasible)[count - 1] + 1
            early = History(history.points[:upto], history.scores[:upto], history.pending[:0])
            rows, targets = observations(early, most=_MAX_FITTED)
            inputs = self._extractor.extract(rows)
            self._fitted = FittedModel(count, inputs, targets, fit(inputs, targets, self._ordered))
        return self._fitted
