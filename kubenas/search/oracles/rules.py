"""Options of every Keras-Tuner oracle."""

from typing import TypedDict


class OracleRules(TypedDict, total=False):
    """Options of every Keras-Tuner oracle."""

    allow_new_entries: bool
    """Whether user code may declare hyperparameters that are not in the space."""
    tune_new_entries: bool
    """Whether such hyperparameters are tuned. If not, they keep their defaults."""
    max_retries_per_trial: int
    """Retries of a trial that crashed or has no score."""
    max_consecutive_failed_trials: int | None
    """Failures in a row after which the search ends with an error. None: no limit."""
