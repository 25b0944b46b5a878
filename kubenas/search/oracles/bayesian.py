"""Bayesian optimisation with a Gaussian process over hyperparameter values and graphs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kubenas.search.milestones import milestone
from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats, create_children
from kubenas.search.oracles.history import History, observations, same
from kubenas.search.oracles.initial import too_few_trials
from kubenas.search.oracles.surrogate import (
    FeasibilityModel,
    FeatureExtractor,
    GaussianProcess,
    InputFeatures,
    Settings,
    fit,
    log_expected_improvement,
    one_thread,
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
    """A model fitted to observations."""

    count: int
    """Number of exact scores."""
    inputs: InputFeatures
    targets: Floats
    variances: Floats
    settings: Settings

    @cached_property
    def correlation(self) -> float:
        """Rank correlation of the exact scores and their leave-one-out predictions."""
        process = GaussianProcess(self.inputs, self.targets, self.settings, self.variances)
        exact = self.exact
        expected, targets = process.predict_leave_one_out()[exact], self.targets[exact]
        if not np.ptp(expected) or not np.ptp(targets):
            return 0.0
        return float(stats.spearmanr(expected, targets).statistic)

    @property
    def exact(self) -> NDArray[np.bool_]:
        """Whether each target is exact, and not an estimate."""
        return np.asarray(self.variances == 0)


@dataclass(frozen=True)
class Ranking:
    """Points by log expected improvement."""

    candidates: Floats
    """New points, the best first."""
    improvement: float
    """The largest of a new point."""
    waiting: NDArray[np.intp]
    """Rows in the history of trials with estimated scores."""
    waiting_improvement: Floats
    """Those of the waiting trials."""


class BayesianOracle(SearchOracle):
    """Proposes the point with the largest expected improvement."""

    name = "bayesian"
    refits = True

    def prepare(self) -> None:
        self._extractor = FeatureExtractor(self.encoding, self.architectures)
        self._ordered = np.array(self.encoding.ordered, dtype=bool)
        self._last_ranking: tuple[History, Ranking] | None = None
        self._refitted: FittedModel | None = None
        self._feasibility = FeasibilityModel(self._extractor, self._ordered)
        self.reset_models()
        self._cached_global_candidates: tuple[Floats, InputFeatures] | None = None

    def reset_models(self) -> None:
        self._fitted: tuple[int, FittedModel] | None = None

    def forget_scores(self) -> None:
        """Keeps the features of points, and the settings of :meth:`refit`."""
        self.reset_models()

    def refit(self) -> FittedModel | None:
        self.follow_space()
        history, self._last_ranking = self.history(), None
        with one_thread():
            self._refitted = self._fit(history) if history.feasible.any() else None
        return self._refitted

    def adopt(self, settings: FittedModel | None) -> None:
        self.follow_space()
        grown = settings and len(settings.settings.kernel.rates) != len(self.encoding)
        self._refitted, self._last_ranking = None if grown else settings, None

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        if too_few_trials(history, self.max_trials):
            return self.suggest_initial(history, rng)
        return self.most_promising(history, rng)

    def most_promising(self, history: History, rng: np.random.Generator) -> Floats:
        """Returns candidates sorted by expected improvement, the largest first."""
        return self._rank(history, rng).candidates

    def select_continuation(self, history: History, rng: np.random.Generator) -> int | None:
        """Returns the waiting trial with the largest expected improvement, if no new one has more.

        As in freeze-thaw Bayesian optimisation (Swersky et al. 2014, arXiv 1406.3896), a training
        is frozen as soon as another network promises more, and continues when none does. A fixed
        share of promotions by their own scores instead loses good networks with an unlucky score.
        """
        if too_few_trials(history, self.max_trials):
            return None
        ranking = self._rank(history, rng)
        if not len(ranking.waiting) or ranking.waiting_improvement.max() < ranking.improvement:
            return None
        return int(ranking.waiting[np.argmax(ranking.waiting_improvement)])

    def _rank(self, history: History, rng: np.random.Generator) -> Ranking:
        """Ranks new and waiting points, once for a proposal and the decision before it."""
        if self._last_ranking is None or not same(self._last_ranking[0], history):
            self._last_ranking = history, self._new_ranking(history, rng)
        return self._last_ranking[1]

    def _new_ranking(self, history: History, rng: np.random.Generator) -> Ranking:
        seen = observations(history, most=_MAX_OBSERVATIONS)
        settings = self.fitted(history).settings
        known = self._extractor.extract(seen.points)
        process = GaussianProcess(known, seen.targets, settings, seen.variances)
        best = process.posterior_mean[seen.exact].max()
        pending = self._extractor.extract(history.pending)

        def improvement(inputs: InputFeatures) -> Floats:
            mean, deviation = process.predict(inputs, pending)
            return log_expected_improvement(mean, _DEVIATION_FACTOR * deviation, best)

        candidates, inputs = self._candidates(history, rng)
        new = improvement(inputs) + self._feasibility.log_probabilities(history, inputs)
        waiting = np.flatnonzero(seen.variances > 0)
        return Ranking(
            candidates[np.argsort(-new, kind="stable")],
            float(new.max(initial=-np.inf)),
            seen.rows[waiting],
            improvement(known[waiting]) if len(waiting) else np.empty(0),
        )

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
        """Returns the model of :meth:`refit`, or else of the last milestone.

        Both are the same after a restart.
        """
        if self._refitted is not None:
            return self._refitted
        count = milestone(int(history.feasible.sum()), apart=1)
        if self._fitted is None or self._fitted[0] != count:
            upto = np.flatnonzero(history.feasible)[count - 1] + 1
            self._fitted = count, self._fit(history.first(int(upto)))
        return self._fitted[1]

    def _fit(self, history: History) -> FittedModel:
        seen = observations(history, most=_MAX_FITTED)
        inputs = self._extractor.extract(seen.points)
        settings = fit(inputs, seen.targets, self._ordered, seen.variances)
        count = int((history.feasible & ~history.estimated).sum())
        return FittedModel(count, inputs, seen.targets, seen.variances, settings)
