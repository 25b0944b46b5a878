"""A Keras model's variables as arrays, and back."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np

from kubenas.training.checkpoint import Array, CheckpointUnusable, TrainingState, matches


def read_variables(variables: Iterable[keras.Variable]) -> tuple[Array, ...]:
    """Copies of the variables' values: later training steps do not change them."""
    return tuple(np.array(keras.ops.convert_to_numpy(variable)) for variable in variables)


def write_variables(variables: Sequence[keras.Variable], arrays: Sequence[Array]) -> None:
    """Gives each variable the value of the array at its place."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def restore(model: keras.Model, state: TrainingState) -> None:
    """Puts weights and optimiser of ``model`` into ``state``.

    Raises:
        CheckpointUnusable: the state is of another model; nothing was changed.
    """
    model.optimizer.build(model.trainable_variables)
    for variables, arrays in (
        (model.variables, state.weights),
        (model.variables, state.best_weights),
        (model.optimizer.variables, state.optimizer),
    ):
        if not matches(arrays, (variable.shape for variable in variables)):
            raise CheckpointUnusable("the checkpoint is of a model with other variables")
    write_variables(model.variables, state.weights)
    write_variables(model.optimizer.variables, state.optimizer)
