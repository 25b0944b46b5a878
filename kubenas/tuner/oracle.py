"""A Keras-Tuner oracle with the trials of a kubenas search, for Keras-Tuner's result methods."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial

from kubenas.errors import SearchFailed
from kubenas.search.journal import SearchState, TrialState
from kubenas.search.space import apply_declared
from kubenas.training.program.oracle import trial_name
from kubenas.trial import Outcome


class TooManyFailures(SearchFailed):
    """The number of consecutive failed trials exceeds the limit."""


class SearchStateOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Mirrors the trials of a search. The controller proposes and runs them.

    Args:
        options: options of keras_tuner.Oracle.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hyperparameters: keras_tuner.HyperParameters
        self.given_space: dict[str, Any] = self.hyperparameters.get_config()
        """The user's ``hyperparameters``, before any model was built."""
        self._failed_in_a_row = 0
        self.initial_space = self.hyperparameters.copy()
        """The space without the hyperparameters that trials have added."""

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """See keras_tuner.Oracle. Calls from outside a trial also update the initial space."""
        grown, self.hyperparameters = self.hyperparameters, self.initial_space
        super().update_space(hyperparameters)
        self.hyperparameters = grown
        super().update_space(hyperparameters)

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002
        return {"status": "STOPPED"}

    def update_from(self, state: SearchState, *, announce: bool) -> None:
        """Updates the trials from ``state``. Omits duplicates, which are not run.

        Args:
            state: the state of the search, not older than that of the previous call.
            announce: whether to print trials that start or end, subject to ``verbose``.

        Raises:
            TooManyFailures: see ``max_consecutive_failed_trials``. Only announced trials count, so
                that a resumed search starts counting at 0. All trials are updated first.
        """
        run = [each for _, each in sorted(state.trials.items()) if each.started]
        for trial in run:
            if self._name(trial) not in self.trials:
                self._begin(trial, announce=announce)
        ended = [each for each in run if each.end and self._trial(each).status == "RUNNING"]
        ended.sort(key=lambda each: each.end.at if each.end else 0.0)
        for trial in ended:
            self._end(trial, announce=announce)
        if announce:
            self._count_failures([self._trial(trial) for trial in ended])

    def reset(self) -> None:
        """Removes all trials and the hyperparameters that they added to the space."""
        self.hyperparameters = self.initial_space.copy()
        self.trials.clear()
        self.start_order.clear()
        self.end_order.clear()
        self._failed_in_a_row = 0

    def print_line(self, text: str) -> None:
        """Prints a line to stdout if ``verbose`` is set."""
        if self.verbose:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def save(self) -> None:
        """Does nothing: the journal records the search."""

    def reload(self) -> None:
        """Does nothing: see :meth:`update_from`."""

    def _save_trial(self, trial: Trial) -> None:
        """Does nothing: see :meth:`save`."""

    def _name(self, trial: TrialState) -> str:
        return trial_name(trial.number, self.max_trials)

    def _trial(self, state: TrialState) -> Trial:
        return self.trials[self._name(state)]

    def _begin(self, state: TrialState, *, announce: bool) -> None:
        hyperparameters = self.get_space()
        hyperparameters.values = dict(state.proposal.values)
        trial = Trial(hyperparameters, trial_id=self._name(state), status="RUNNING")
        self.trials[trial.trial_id] = trial
        self.start_order.append(trial.trial_id)
        if announce:
            self._display.on_trial_begin(trial)
        began = datetime.fromtimestamp(state.started[0].at)
        self._display.trial_start[trial.trial_id] = began
        self._display.trial_number[trial.trial_id] = state.number + 1
        self._display.search_start = self._display.search_start or began

    def _end(self, state: TrialState, *, announce: bool) -> None:
        trial, end = self._trial(state), state.end
        if end is None:
            raise ValueError(f"trial {state.number} has not ended")
        apply_declared(trial.hyperparameters, end.declared)
        super().update_space(trial.hyperparameters)
        trial.message = end.message or None
        if end.outcome == Outcome.COMPLETED:
            self._score(trial, end.metrics, end.best_epoch or 0)
        else:
            trial.status = "FAILED"
        self.end_order.append(trial.trial_id)
        if announce:
            self._display.on_trial_end(trial)

    def _count_failures(self, ended: Sequence[Trial]) -> None:
        for trial in ended:
            self._failed_in_a_row = self._failed_in_a_row + 1 if trial.status == "FAILED" else 0
            if self._failed_in_a_row == self.max_consecutive_failed_trials:
                raise TooManyFailures(
                    "Number of consecutive failures exceeded the limit of"
                    f" {self.max_consecutive_failed_trials}: {trial.message}"
                )

    def _score(self, trial: Trial, metrics: dict[str, float], best_epoch: int) -> None:
        trial.status = "COMPLETED"
        self.update_trial(trial.trial_id, metrics, step=best_epoch)
        self.score_trial(trial)
