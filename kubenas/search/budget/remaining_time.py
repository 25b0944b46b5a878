"""How a search with a time limit keeps time to train its best network. Pure functions."""

from kubenas.config import Config
from kubenas.search.budget.limits import Usage, seconds_left

_LEAST_SHARE = 0.5
"""Least share of the expected time of an attempt for which it is started."""


def first_trial_alone(config: Config, usage: Usage) -> bool:
    """Whether no attempt starts beside the first one.

    Local attempts share the cores. A second one delays the measurement of the speed, and takes time
    that may be needed to train the first network to the end.
    """
    limited = config.search.max_seconds is not None
    return limited and config.runner.kind == "local" and usage.epoch_seconds is None


def remaining_time_reason(config: Config, usage: Usage, *, epochs: int) -> str:
    """Returns why the remaining time is not used for another attempt; empty if it is.

    The retraining uses the time that is left. For trials that train all their epochs: those that
    may stop early need an unknown time.

    Args:
        config: the config with its defaults.
        usage: the search's usage so far.
        epochs: epochs that the attempt trains.
    """
    left = seconds_left(config.search, usage)
    if left is None or usage.epoch_seconds is None:
        return ""
    if left < _LEAST_SHARE * epochs * usage.epoch_seconds:
        return f"the remaining {left:.0f} seconds are too few for another trial"
    return _final_training_reason(config, left, usage.best_epoch_seconds or usage.epoch_seconds)


def _final_training_reason(config: Config, left: float, epoch_seconds: float) -> str:
    """Returns why no further network is compared with the best of a search with rungs.

    Short trainings are worth their time only if the best network can then be trained to the end. A
    retraining with a time limit of its own does not get the search's time.
    """
    if config.search.rungs.factor is None or config.retrain.max_seconds is not None:
        return ""
    available = left + (config.retraining_seconds or 0.0)
    needed = config.epochs * epoch_seconds
    if needed <= available:
        return ""
    return (
        f"the remaining {available:.0f} seconds are needed to train the best network: its"
        f" {config.epochs} epochs take {needed:.0f}"
    )
