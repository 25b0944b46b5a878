"""Restores the state of a training from a checkpoint."""

import logging

import keras

from kubenas.training.fit.checkpoint import CheckpointUnusable, TrainingState, load_checkpoint
from kubenas.training.fit.rate_schedule import RateSchedule
from kubenas.training.fit.variables import restore
from kubenas.trial import TrainingPlan

_LOG = logging.getLogger(__name__)


def resume_training(
    model: keras.Model, plan: TrainingPlan, uri: str | None
) -> TrainingState | None:
    """Restores the checkpoint at ``uri`` into ``model``. Returns None if there is none.

    A training that is longer than that of the checkpoint continues from the state before the
    decay of the learning rate.
    """
    if uri is None:
        return None
    try:
        state = load_checkpoint(uri)
        earlier = state.before_decay
        if earlier is not None and earlier.epochs < RateSchedule.of(plan).decay_start:
            state = earlier
        restore(model, state)
    except CheckpointUnusable as error:
        _LOG.warning("training starts from the beginning: %s", error)
        return None
    _LOG.info("training resumes at epoch %d from %s", state.epochs, uri)
    return state
