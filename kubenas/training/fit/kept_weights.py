"""The epoch whose weights a training keeps: the best one, or the last one without a score."""

import logging

import keras

from kubenas.training.fit.checkpoint import TrainingState, shapes_match
from kubenas.training.fit.variables import write_variables
from kubenas.trial import TrainingPlan

_LOG = logging.getLogger(__name__)


def kept_epoch(plan: TrainingPlan, state: TrainingState) -> int | None:
    """Returns the epoch, counted from 0; None if the best epoch is unknown.

    A training on the validation split, too, has no score that could tell the best epoch.
    """
    return state.epochs - 1 if plan.with_validation else state.best.epoch


def restore_kept_weights(plan: TrainingPlan, state: TrainingState, model: keras.Model) -> None:
    """Restores the weights of :func:`kept_epoch`; keeps the final ones if it is unknown."""
    if kept_epoch(plan, state) is None:
        return
    weights = state.scored_weights if plan.with_validation else state.best_weights
    if shapes_match(weights, (variable.shape for variable in model.variables)):
        write_variables(model.variables, weights)
    else:
        _LOG.warning("fit() changed the model's layers: keeping the final weights")
