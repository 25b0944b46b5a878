"""How many models are retrained, and for how long, within the time limit. Pure functions."""

import math
from dataclasses import dataclass

from kubenas.config import Config
from kubenas.search.budget import WRAP_UP_SHARE

_LONGEST = 3
"""Largest number of epochs, as a multiple of those of a trial."""


@dataclass(frozen=True)
class RetrainingPlan:
    """Number and length of the retrainings."""

    candidates: int
    seeds: int
    epochs: int
    """Epochs of a model at most, including those that its trial has trained."""
    seconds: float | None = None
    """Time limit of a model; None: no limit."""

    @property
    def work_seconds(self) -> float | None:
        """Run time after which the training of a model is asked to end; None: no limit."""
        return None if self.seconds is None else (1 - WRAP_UP_SHARE) * self.seconds


def plan_retrainings(
    config: Config, *, epoch_seconds: float | None, kept_epochs: int = 0
) -> RetrainingPlan:
    """Plans the retrainings that fit into ``retrain.max_seconds``, or else ``search.max_seconds``.

    Fewer seeds and then fewer candidates are retrained if there is no time to train all of them as
    long as a trial. Where ``retrain.epochs`` is empty, remaining time is used for longer training.

    Args:
        config: the config with its defaults.
        epoch_seconds: duration of an epoch of the best trial; None: unknown.
        kept_epochs: epochs of the best trial from which a retraining continues.
    """
    retrain = config.retrain
    limit = retrain.max_seconds or config.search.max_seconds
    whole = retrain.epochs or config.epochs
    if limit is None or not epoch_seconds:
        return RetrainingPlan(retrain.candidates, retrain.seeds, whole, limit)
    needed = (whole - kept_epochs) * epoch_seconds / (1 - WRAP_UP_SHARE)
    for candidates, seeds in ((retrain.candidates, retrain.seeds), (retrain.candidates, 1), (1, 1)):
        rounds = math.ceil(candidates * seeds / config.runner.workers)
        seconds = limit / rounds
        if seconds >= needed:
            break
    affordable = kept_epochs + int((1 - WRAP_UP_SHARE) * seconds / epoch_seconds)
    epochs = retrain.epochs or min(max(affordable, whole), _LONGEST * whole)
    return RetrainingPlan(candidates, seeds, epochs, seconds)
