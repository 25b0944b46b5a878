"""The Keras callback that sets the learning rate of each step by a schedule."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from kubenas.errors import UserError
from kubenas.training.fit.rate_schedule import RateSchedule
from kubenas.training.fit.variables import own_optimizer


def own_rate(model: keras.Model) -> float:
    """Returns the constant learning rate of the optimiser. A checkpoint has a rate that decayed.

    Raises:
        UserError: the model has no optimiser, or the optimiser has a schedule of its own.
    """
    optimizer = own_optimizer(model)
    schedule = keras.optimizers.schedules.LearningRateSchedule
    if optimizer is None or isinstance(getattr(optimizer, "_learning_rate", None), schedule):
        raise UserError(
            "training.schedule: the optimizer of the model has no constant learning rate; use"
            " 'none'"
        )
    return float(optimizer.learning_rate)


class LearningRate(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Sets the learning rate of each step to ``rate`` times the factor of the schedule.

    Args:
        rate: the optimiser's own rate.
        schedule: returns the current schedule, which may become shorter during the training.
    """

    def __init__(self, rate: float, schedule: Callable[[], RateSchedule]) -> None:
        super().__init__()
        self._rate = rate
        self._schedule = schedule
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        steps = self.params.get("steps") or batch + 1
        position = self._epoch + (batch + 0.5) / steps
        self.model.optimizer.learning_rate = self._rate * self._schedule().factor(position)
