"""Conversion between the variables of a Keras model and NumPy arrays."""

import logging
from collections.abc import Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf

from kubenas.training.fit.checkpoint import Array, CheckpointUnusable, TrainingState, shapes_match

_LOG = logging.getLogger(__name__)


def read_variables(variables: Iterable[keras.Variable]) -> tuple[Array, ...]:
    """Returns copies of the values, which later training steps do not change."""
    return tuple(np.array(variable.numpy()) for variable in variables)


def write_variables(variables: Sequence[keras.Variable], arrays: Sequence[Array]) -> None:
    """Assigns each array to the variable at the same position."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def own_optimizer(model: keras.Model) -> keras.optimizers.Optimizer | None:
    """Returns the optimiser inside the loss scaling that Keras adds in mixed_float16."""
    optimizer = model.optimizer
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return optimizer.inner_optimizer if scaled else optimizer


def optimizer_variables(model: keras.Model) -> list[keras.Variable]:
    """Returns the variables of the optimiser. Empty if the model has no optimiser."""
    optimizer = own_optimizer(model)
    return list(optimizer.variables) if optimizer is not None else []


def loss_scale_variables(model: keras.Model) -> list[keras.Variable]:
    """Returns the variables of the loss scaling. Empty if there is none."""
    if model.optimizer is None:
        return []
    own = {id(variable) for variable in optimizer_variables(model)}
    return [variable for variable in model.optimizer.variables if id(variable) not in own]


def create_variables(
    model: keras.Model, example: tf.Tensor, label: Array, output: tf.Tensor
) -> None:
    """Creates the variables of the optimiser and the metrics before ``fit`` does.

    If the first training step creates variables, TensorFlow traces it twice. This takes half of the
    time of a short trial.

    Args:
        model: a compiled and built model.
        example: a batch of one example.
        label: its label in the format that ``fit`` passes.
        output: the output of the model for the example.
    """
    if model.optimizer is not None:
        model.optimizer.build(model.trainable_variables)
    if type(model).compute_metrics is not keras.Model.compute_metrics:
        return  # a user-defined method may store its arguments
    try:
        model.compute_metrics(example, label, output)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        _LOG.debug("could not create metric variables before fit(): %s", error)
    model.reset_metrics()


def restore(model: keras.Model, state: TrainingState) -> None:
    """Restores the weights and the optimiser of a built ``model`` from ``state``.

    The loss scaling begins anew if ``state`` was trained in another precision.

    Raises:
        CheckpointUnusable: the state belongs to another model, or to the second or a later
            ``model.fit`` call of a user-defined ``fit``, which would repeat the first. The model
            is unchanged.
    """
    if state.fits > 1:
        raise CheckpointUnusable(
            "fit() calls model.fit() several times, and the checkpoint is past the first call"
        )
    for variables, arrays in (
        (model.variables, state.weights),
        (model.variables, state.scored_weights),
        (model.variables, state.best_weights),
        (optimizer_variables(model), state.optimizer),
    ):
        if not shapes_match(arrays, (variable.shape for variable in variables)):
            raise CheckpointUnusable("the variables of the model do not match the checkpoint")
    write_variables(model.variables, state.weights)
    write_variables(optimizer_variables(model), state.optimizer)
    scaling = loss_scale_variables(model)
    if shapes_match(state.loss_scale, (variable.shape for variable in scaling)):
        write_variables(scaling, state.loss_scale)
