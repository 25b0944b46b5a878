"""The oracle in a trial process: holds a single trial and scores it as Keras-Tuner does."""

from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial


class SingleTrialOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """An oracle with one trial that proposes no others.

    Args:
        trial: the trial to run.
        space: the space of the search. Hyperparameters that the trial adds are checked against it.
        options: options of keras_tuner.Oracle.
    """

    def __init__(
        self, trial: Trial, space: keras_tuner.HyperParameters, options: dict[str, Any]
    ) -> None:
        super().__init__(hyperparameters=space, max_consecutive_failed_trials=None, **options)
        self.trials[trial.trial_id] = trial
        self.start_order.append(trial.trial_id)
        self.verbose = 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002
        return {"status": "STOPPED"}

    def save(self) -> None:
        """Does nothing: the attempt writes the result of the trial."""

    def _save_trial(self, trial: Trial) -> None:
        """Does nothing. See :meth:`save`."""


def trial_name(number: int, max_trials: int) -> str:
    """Returns the id that Keras-Tuner gives to the trial ``number``, counted from 0."""
    return f"{number:0{len(str(max_trials))}d}"


def reset_trial(trial: Trial) -> None:
    """Resets ``trial`` before it is run again."""
    trial.metrics = type(trial.metrics)()
    trial.score, trial.best_step, trial.message, trial.status = None, 0, None, "RUNNING"
