"""Multi-objective search by ParEGO (Knowles 2006, "ParEGO: A Hybrid Algorithm With On-Line
Landscape Approximation for Expensive Multiobjective Optimization Problems"), for any oracle of
kubenas.

For each proposal, the objectives are combined into one score by an augmented Tchebycheff function
with random weights. Trials that run at the same time thus search for different trade-offs.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History, TrialOrder
from kubenas.search.pareto import non_dominated
from kubenas.search.seeds import derived_seed

_AUGMENTATION = 0.05
"""Weight of the sum (rho in the paper), which breaks ties of the maximum."""


class ParEGO(SearchOracle):
    """Mixin for oracles; see :func:`make_multi_objective`. ``objective`` is a list."""

    prefers_large = False  # larger networks are rarely better by the other objectives
    revisable = False  # values of ended trials are cached
    refits = False  # each proposal has other scores

    def history(self) -> History:
        history = super().history()
        self.reset_models()
        rng = np.random.default_rng(derived_seed("weights", self.seed, history.started))
        values = self._values(TrialOrder.of(self).ended)
        weights = rng.dirichlet(np.ones(values.shape[1]))
        return replace(history, scores=tchebycheff(values, weights), deviations=None)

    def score_trial(self, trial: Any) -> None:
        """See ``keras_tuner.Oracle``. The score is the first objective; NaN if one is missing."""
        first = self.objective.objectives[0].name
        known = all(trial.metrics.exists(each.name) for each in self.objective.objectives)
        trial.score = trial.metrics.get_best_value(first) if known else np.nan
        trial.best_step = trial.metrics.get_best_step(first) if known else 0

    def get_best_trials(self, num_trials: int = 1) -> list[Any]:
        """Returns completed trials, the Pareto front first, sorted by the first objective.

        Other trials come last.
        """
        completed = [trial for trial in self.trials.values() if trial.status == "COMPLETED"]
        others = [trial for trial in self.trials.values() if trial.status != "COMPLETED"]
        values = self._values(completed)
        order = np.lexsort((-values[:, 0], ~non_dominated(values)))
        return [*(completed[index] for index in order), *others][:num_trials]

    def _values(self, trials: Sequence[Any]) -> Floats:
        """Returns ``(trials, objectives)``: larger is better. NaN: the trial has no score."""
        for trial in trials:
            if trial.trial_id not in self._ended_values:  # ended trials do not change
                self._ended_values[trial.trial_id] = self._values_of(trial)
        shape = (len(trials), len(self.objective.objectives))
        return np.array([self._ended_values[trial.trial_id] for trial in trials]).reshape(shape)

    def _values_of(self, trial: Any) -> list[float]:
        """Returns the objectives at the trial's best step."""
        if trial.status != "COMPLETED":
            return [np.nan] * len(self.objective.objectives)
        return [
            _at_best_step(trial, each.name) * (1.0 if each.direction == "max" else -1.0)
            for each in self.objective.objectives
        ]

    @cached_property
    def _ended_values(self) -> dict[str, list[float]]:
        """Objectives of ended trials, by trial."""
        return {}


def _at_best_step(trial: Any, metric: str) -> float:
    """Returns the mean over executions, or NaN if ``metric`` was not reported at that step."""
    if not trial.metrics.exists(metric):
        return np.nan
    history = trial.metrics.get_history(metric)
    return next((float(each.mean()) for each in history if each.step == trial.best_step), np.nan)


def make_multi_objective(kind: type[SearchOracle]) -> type[SearchOracle]:
    """Returns a subclass of ``kind`` that takes a list of objectives."""
    return type(f"ParEGO{kind.__name__}", (ParEGO, kind), {"name": f"parego.{kind.name}"})


def tchebycheff(values: Floats, weights: Floats) -> Floats:
    """Returns one score for each row of ``values``: larger is better. NaN stays NaN.

    Objectives are scaled to the front: 0 is the best known value, 1 the worst value on the front.

    Args:
        values: ``(trials, objectives)``: larger is better.
        weights: ``(objectives,)``, not negative.
    """
    known = ~np.isnan(values).any(axis=1)
    scores = np.full(len(values), np.nan)
    if not known.any():
        return scores
    shortfall = (values[known].max(axis=0) - values[known]) / _front_range(values[known])
    parts = weights * shortfall
    scores[known] = -(parts.max(axis=1) + _AUGMENTATION * parts.sum(axis=1))
    return scores


def _front_range(values: Floats) -> Floats:
    """Returns each objective's range over the front, or over all if it is constant there."""
    spread = np.ptp(values[non_dominated(values)], axis=0)
    spread = np.where(spread > 0, spread, np.ptp(values, axis=0))
    return np.asarray(np.where(spread > 0, spread, 1.0))
