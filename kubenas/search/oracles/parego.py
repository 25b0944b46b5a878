"""Several objectives by ParEGO (Knowles 2006, "ParEGO: A Hybrid Algorithm With On-Line Landscape
Approximation for Expensive Multiobjective Optimization Problems"), around any oracle of ours.

At each asking, the objectives are made one score by an augmented Tchebycheff function with weights
drawn at random, and the oracle suggests for that score. So any number of trials may be in flight,
each after another trade-off.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History, TrialOrder
from kubenas.search.pareto import undominated
from kubenas.search.seeds import derived_seed

_AUGMENTATION = 0.05
"""Weight of the sum beside the largest part (rho in the paper): ties are broken by the sum."""


class ParEGO(SearchOracle):
    """Mixed into an oracle by :func:`for_several`; ``objective`` is a list."""

    prefers_large = False  # they are seldom better by the other objectives
    revisable = False  # values of trials that have ended are kept

    def history(self) -> History:
        history = super().history()
        self.reset_models()
        rng = np.random.default_rng(derived_seed("weights", self.seed, history.started))
        values = self._values(TrialOrder.of(self).ended)
        weights = rng.dirichlet(np.ones(values.shape[1]))
        return replace(history, scores=tchebycheff(values, weights))

    def score_trial(self, trial: Any) -> None:
        """See Keras-Tuner's. The first objective is the score; NaN if any is not known."""
        first = self.objective.objectives[0].name
        known = all(trial.metrics.exists(each.name) for each in self.objective.objectives)
        trial.score = trial.metrics.get_best_value(first) if known else np.nan
        trial.best_step = trial.metrics.get_best_step(first) if known else 0

    def get_best_trials(self, num_trials: int = 1) -> list[Any]:
        """Completed trials, those on the front first, each by the first objective; then others."""
        completed = [trial for trial in self.trials.values() if trial.status == "COMPLETED"]
        others = [trial for trial in self.trials.values() if trial.status != "COMPLETED"]
        values = self._values(completed)
        order = np.lexsort((-values[:, 0], ~undominated(values)))
        return [*(completed[index] for index in order), *others][:num_trials]

    def _values(self, trials: Sequence[Any]) -> Floats:
        """``(trials, objectives)``, the larger the better; NaN where a trial has no score."""
        for trial in trials:
            if trial.trial_id not in self._ended_values:  # what has ended does not change
                self._ended_values[trial.trial_id] = self._values_of(trial)
        shape = (len(trials), len(self.objective.objectives))
        return np.array([self._ended_values[trial.trial_id] for trial in trials]).reshape(shape)

    def _values_of(self, trial: Any) -> list[float]:
        """At the step that scores it."""
        if trial.status != "COMPLETED":
            return [np.nan] * len(self.objective.objectives)
        return [
            _at_best_step(trial, each.name) * (1.0 if each.direction == "max" else -1.0)
            for each in self.objective.objectives
        ]

    @cached_property
    def _ended_values(self) -> dict[str, list[float]]:
        """Values of trials that have ended."""
        return {}


def _at_best_step(trial: Any, metric: str) -> float:
    """The mean over executions; NaN if ``metric`` was not reported at that step."""
    if not trial.metrics.exists(metric):
        return np.nan
    history = trial.metrics.get_history(metric)
    return next((float(each.mean()) for each in history if each.step == trial.best_step), np.nan)


def make_multi_objective(kind: type[SearchOracle]) -> type[SearchOracle]:
    """``kind`` for a list of objectives."""
    return type(f"ParEGO{kind.__name__}", (ParEGO, kind), {"name": f"parego.{kind.name}"})


def tchebycheff(values: Floats, weights: Floats) -> Floats:
    """One score for each row of ``values``, the larger the better; NaN stays NaN.

    Args:
        values: ``(trials, objectives)``, the larger the better.
        weights: ``(objectives,)``, not negative.

    Objectives are put on the scale of the front: 0 is the best known value, 1 the worst on it.
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
    """Of each objective over the front, or over all where the front has only one value."""
    spread = np.ptp(values[undominated(values)], axis=0)
    spread = np.where(spread > 0, spread, np.ptp(values, axis=0))
    return np.asarray(np.where(spread > 0, spread, 1.0))
