"""Training plans of trials and retrainings, derived from the config."""

from typing import Literal

from kubenas.config import COSTS, Config
from kubenas.search.definition import SearchDefinition
from kubenas.search.seeds import derived_seed
from kubenas.trial import RateScheduleName, SpaceRef, TrainingPlan

_PATIENCE = 3
"""Default epochs without improvement before early stopping, for a constant learning rate."""


def trial_plan(definition: SearchDefinition, *, trial: int = 0) -> TrainingPlan:
    """Returns the plan to train a trial for all epochs."""
    config = definition.config
    continued = config.search.rungs.eta is not None or config.search.oracle == "hyperband"
    schedule = _schedule(config, definition.space, default="wsd" if continued else "cosine")
    return TrainingPlan(
        epochs=config.training.epochs,
        batch_size=config.training.batch_size,
        patience=_patience(config, schedule),
        schedule=schedule,
        seed=derived_seed("trial", config.search.seed, trial),
        objective=config.search.metric,
        further_metrics=[name for name in config.search.objectives[1:] if name not in COSTS],
        direction=definition.direction,
        limits=config.search.limits,
    )


def retraining_plan(
    config: Config, space: SpaceRef, direction: Literal["max", "min"], *, number: int
) -> TrainingPlan:
    """Returns the plan of retraining ``number``, which is trained from the first epoch."""
    schedule = _schedule(config, space, default="cosine")
    return TrainingPlan(
        epochs=config.retrain.epochs or config.training.epochs,
        batch_size=config.training.batch_size,
        patience=_patience(config, schedule),
        schedule=schedule,
        seed=derived_seed("retrain", config.search.seed, number),
        objective=config.search.metric,
        direction=direction,
        keep_model=True,
    )


def _schedule(config: Config, space: SpaceRef, default: RateScheduleName) -> RateScheduleName:
    """Returns the configured schedule. By default, user code trains at its own rate."""
    if config.training.schedule != "auto":
        return config.training.schedule
    return "none" if space.name is None else default


def _patience(config: Config, schedule: RateScheduleName) -> int:
    """Returns the configured patience. By default, a rate that decays is not stopped early."""
    if config.training.patience is not None:
        return config.training.patience
    return _PATIENCE if schedule == "none" else 0
