"""The Keras callback that averages the weights of a training exponentially over its steps.

Validation uses the averaged weights, while training continues with its own (Polyak and Juditsky,
Acceleration of Stochastic Approximation by Averaging, 1992). The moving statistics of batch
normalisation are averaged as well, so that they fit the averaged weights.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kubenas.training.fit.checkpoint import Array, TrainingState
from kubenas.training.fit.variables import read_variables, write_variables
from kubenas.trial import TrainingPlan

_WARMUP_STEPS = 10
"""The average of ``t`` steps reaches back over about a ninth of them, if ``decay`` allows it."""


def decay_of_step(step: int, decay: float) -> float:
    """Returns the decay of the average after ``step`` steps, which rises to ``decay``."""
    return min(decay, (1 + step) / (_WARMUP_STEPS + step))


class WeightAverage(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Averages the weights after each step, and lends them to the model for its validation.

    The model also has them after ``model.fit``, so that a user-defined ``fit`` scores and keeps the
    average. A further ``model.fit`` continues with the trained weights.

    Variables that are not of a floating-point type, such as random seeds, have no average.

    Args:
        model: the candidate. A user-defined ``fit`` may train it as a part of another model.
        decay: the decay of the average in each step, see :func:`decay_of_step`.
        resumed: the state to continue. The average begins with the weights if it has none.
    """

    def __init__(self, model: keras.Model, decay: float, resumed: TrainingState | None) -> None:
        super().__init__()
        self._candidate = model
        self._decay = decay
        self._steps = resumed.steps if resumed else 0
        start = (resumed.average if resumed else None) or read_variables(model.variables)
        self._averages = {
            place: tf.Variable(start[place], dtype=tf.float32, trainable=False)
            for place, variable in enumerate(model.variables)
            if keras.backend.is_float_dtype(variable.dtype)
        }
        self._trained: tuple[Array, ...] = ()
        self._lent: tuple[Array, ...] = ()
        """The averages that the model got after the last ``model.fit``."""
        self._trained_at_end: tuple[Array, ...] = ()

    @classmethod
    def of(
        cls, model: keras.Model, plan: TrainingPlan, resumed: TrainingState | None
    ) -> "WeightAverage | None":
        """Returns the average that ``plan`` asks for."""
        return cls(model, plan.average_decay, resumed) if plan.average_decay else None

    def read(self) -> tuple[Array, ...]:
        """Returns copies of the averages in the order of the model's variables."""
        values = list(read_variables(self._candidate.variables))
        for place, average in self._averages.items():
            values[place] = average.numpy().astype(values[place].dtype)
        return tuple(values)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        lent, self._lent = self._lent, ()
        now = read_variables(self._candidate.variables)
        if len(lent) == len(now) and all(map(np.array_equal, lent, now)):
            write_variables(self._candidate.variables, self._trained_at_end)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        self._lent = self.read()
        self._trained_at_end = read_variables(self._candidate.variables)
        write_variables(self._candidate.variables, self._lent)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        del batch, logs
        self._update(tf.constant(1 - decay_of_step(self._steps, self._decay), tf.float32))
        self._steps += 1

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        averages = self.read()
        self._trained = read_variables(self._candidate.variables)
        write_variables(self._candidate.variables, averages)

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        write_variables(self._candidate.variables, self._trained)

    @tf.function  # type: ignore[untyped-decorator]
    def _update(self, share: tf.Tensor) -> None:
        """Moves the averages towards the weights by ``share`` of the distance."""
        for place, average in self._averages.items():
            weight = tf.cast(self._candidate.variables[place].value, tf.float32)
            average.assign_sub(share * (average - weight))
