"""The oracle of a trial process: it knows this one trial, and judges it as Keras-Tuner does."""

from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial


class SingleTrialOracle(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Holds ``trial`` and proposes nothing.

    Args:
        trial: the one to run.
        space: what the search knows of the space; what the trial adds is checked against it.
        options: of keras_tuner.Oracle.
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
        """Keeps nothing: what comes of the trial is its result."""

    def _save_trial(self, trial: Trial) -> None:
        """Nor this."""


def trial_name(number: int, max_trials: int) -> str:
    """What Keras-Tuner calls the trial ``number`` of so many, counted from 0."""
    return f"{number:0{len(str(max_trials))}d}"


def reset_trial(trial: Trial) -> None:
    """Makes ``trial`` ready to be run again."""
    trial.metrics = type(trial.metrics)()
    trial.score, trial.best_step, trial.message, trial.status = None, 0, None, "RUNNING"
