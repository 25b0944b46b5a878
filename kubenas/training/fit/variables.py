"""A Keras model's variables as arrays, and back."""

import logging
from collections.abc import Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf

from kubenas.training.fit.checkpoint import Array, CheckpointUnusable, TrainingState, shapes_match

_LOG = logging.getLogger(__name__)


def read_variables(variables: Iterable[keras.Variable]) -> tuple[Array, ...]:
    """Copies of the variables' values: later training steps do not change them."""
    return tuple(np.array(variable.numpy()) for variable in variables)


def write_variables(variables: Sequence[keras.Variable], arrays: Sequence[Array]) -> None:
    """Gives each variable the value of the array at its place."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def optimizer_variables(model: keras.Model) -> list[keras.Variable]:
    """Variables of the model's optimiser; none of a model that trains without one."""
    return list(model.optimizer.variables) if model.optimizer is not None else []


def create_variables(model: keras.Model, example: Array, label: Array, output: tf.Tensor) -> None:
    """Makes the variables of a model's optimiser and metrics, which ``fit`` would make.

    TensorFlow traces a step again if it made variables: that is half of a short trial's time.

    Args:
        model: compiled, its own variables made.
        example: one of the data's shape.
        label: as ``fit`` gets labels.
        output: of the model for the example.
    """
    if model.optimizer is not None:
        model.optimizer.build(model.trainable_variables)
    if type(model).compute_metrics is not keras.Model.compute_metrics:
        return  # a user's own may keep what it is shown
    try:
        model.compute_metrics(example, label, output)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        _LOG.debug("left to fit(), which says it better: %s", error)
    model.reset_metrics()


def restore(model: keras.Model, state: TrainingState) -> None:
    """Puts weights and optimiser of ``model``, whose variables are made, into ``state``.

    Raises:
        CheckpointUnusable: the state is of another model, or of a user's ``fit`` past its first
            ``model.fit``, which would be run again; nothing was changed.
    """
    if state.fits > 1:
        raise CheckpointUnusable("fit() trains several times and was past the first time")
    for variables, arrays in (
        (model.variables, state.weights),
        (model.variables, state.best_weights),
        (optimizer_variables(model), state.optimizer),
    ):
        if not shapes_match(arrays, (variable.shape for variable in variables)):
            raise CheckpointUnusable("the checkpoint is of a model with other variables")
    write_variables(model.variables, state.weights)
    write_variables(optimizer_variables(model), state.optimizer)
