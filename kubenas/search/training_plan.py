"""Training plans of trials and retrainings, derived from the config."""

from typing import Literal

from kubenas.config import COSTS, Config
from kubenas.search.definition import SearchDefinition
from kubenas.search.seeds import derived_seed
from kubenas.training.fit.rate_schedule import RateSchedule
from kubenas.trial import RateScheduleName, SpaceRef, TrainingPlan

_PATIENCE = 3
"""Default epochs without improvement before early stopping, for a constant learning rate."""


def trial_plan(definition: SearchDefinition, *, trial: int = 0) -> TrainingPlan:
    """Returns the plan to train a trial for all epochs."""
    config = definition.config
    registered = definition.space.name is not None
    default: RateScheduleName = "wsd" if _continues(config) else "cosine"
    schedule = _schedule(config, registered=registered, default=default)
    return TrainingPlan(
        epochs=config.epochs,
        batch_size=config.training.batch_size,
        patience=_patience(config, schedule),
        schedule=schedule,
        average_decay=config.training.average_weights,
        class_weights=config.training.class_weights,
        precision=config.training.precision,
        seed=derived_seed("trial", config.search.seed, trial),
        objective=config.search.metric,
        further_metrics=[name for name in config.search.objectives[1:] if name not in COSTS],
        direction=definition.direction,
        limits=config.search.limits,
    )


def retraining_plan(
    config: Config,
    space: SpaceRef,
    direction: Literal["max", "min"],
    *,
    number: int,
    epochs: int,
    continued: bool,
    with_validation: bool,
) -> TrainingPlan:
    """Returns the plan of retraining ``number``.

    Args:
        config: the config with its defaults.
        space: the search space.
        direction: direction of the objective.
        number: number of the retraining, for its seed.
        epochs: epochs at most.
        continued: whether it continues the training of a trial.
        with_validation: whether it trains on the validation split, too.
    """
    default: RateScheduleName = "wsd" if continued else "cosine"
    schedule = _schedule(config, registered=space.name is not None, default=default)
    return TrainingPlan(
        epochs=epochs,
        batch_size=config.training.batch_size,
        patience=_patience(config, schedule),
        schedule=schedule,
        average_decay=config.training.average_weights,
        class_weights=config.training.class_weights,
        precision=config.training.precision,
        seed=derived_seed("retrain", config.search.seed, number),
        objective=config.search.metric,
        direction=direction,
        keep_model=True,
        with_validation=with_validation,
    )


def kept_epochs(definition: SearchDefinition, epochs: int) -> int:
    """Returns the epochs of a trial of ``epochs`` from which a longer training continues."""
    return RateSchedule(trial_plan(definition).schedule, epochs).decay_start


def trains_to_the_end(config: Config) -> bool:
    """Whether a training of a registered space ends with the decay of its rate, not earlier.

    Then its last epoch is the one to keep, and no score is needed to tell the best one.
    """
    schedule = _schedule(config, registered=True, default="cosine")
    return schedule != "none" and _patience(config, schedule) == 0


def _continues(config: Config) -> bool:
    """Whether trials continue the trainings of others."""
    return config.search.rungs.factor is not None or config.search.oracle == "hyperband"


def _schedule(config: Config, *, registered: bool, default: RateScheduleName) -> RateScheduleName:
    """Returns the configured schedule. By default, user code trains at its own rate."""
    if config.training.schedule != "auto":
        return config.training.schedule
    return default if registered else "none"


def _patience(config: Config, schedule: RateScheduleName) -> int:
    """Returns the configured patience. By default, a rate that decays is not stopped early."""
    if config.training.patience is not None:
        return config.training.patience
    return _PATIENCE if schedule == "none" else 0
