"""The Keras callback that monitors, checkpoints and stops a training.

A user-defined ``fit`` may call ``model.fit`` several times. Epoch numbers and the best epoch count
over all calls. Patience restarts with each call.

The callback copies the state after each epoch. If an attempt is stopped within an epoch, its
checkpoint contains the state at the start of this epoch, and a resumed attempt repeats the epoch.
"""

import math
import time
from collections.abc import Mapping
from typing import Any

import keras

from kubenas.storage import Storage
from kubenas.training.fit.average import WeightAverage
from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.checkpoint import TrainingState, save_checkpoint
from kubenas.training.fit.history import (
    HISTORY_FILE,
    HISTORY_SECONDS,
    EpochRecord,
    history_to_jsonl,
)
from kubenas.training.fit.rate_schedule import RateSchedule
from kubenas.training.fit.score import missing_objective, scalar_metrics
from kubenas.training.fit.variables import (
    loss_scale_variables,
    optimizer_variables,
    read_variables,
)
from kubenas.training.process.failure import NotANumber
from kubenas.training.process.stopping import DeadlinePassed, NotResumable, Termination
from kubenas.trial import TrainingPlan

_STEPS_PER_LOSS_CHECK = 20
"""Reading the loss synchronises with the accelerator."""


class TrainingCallback(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Records history and checkpoints; stops on SIGTERM, deadline, NaN or lack of improvement.

    Args:
        plan: the training plan.
        model: the candidate whose weights are saved. A user-defined ``fit`` may train it as a part
            of another model.
        storage: the attempt's prefix.
        termination: handles SIGTERM of this process.
        deadline: Unix time at which training stops. None: no deadline.
        resumed: the state to resume from.
        average: averages the weights. None: the weights themselves are scored and kept.
        objective_in_logs: whether logs without the objective are an error. A user-defined
            ``fit`` may compute the objective after the last epoch.
    """

    def __init__(
        self,
        *,
        plan: TrainingPlan,
        model: keras.Model,
        storage: Storage,
        termination: Termination,
        deadline: float | None,
        resumed: TrainingState | None,
        average: WeightAverage | None,
        objective_in_logs: bool,
    ) -> None:
        super().__init__()
        self._plan = plan
        self._candidate = model
        self._storage = storage
        self._termination = termination
        self._deadline = deadline
        self._objective_in_logs = objective_in_logs
        self._scored = not plan.with_validation
        self._state = resumed if resumed is None or self._scored else resumed.without_best()
        self._average = average
        self.resumed = resumed is not None
        """Whether the training resumed from a checkpoint."""
        self.schedule = RateSchedule.of(plan)
        """The learning rate schedule. Its epochs are fewer than planned if time is short."""
        self._fits = 0
        self._best_of_fit = self._state.best if self._state else BestEpoch(plan.direction)
        self._checkpoint_at = time.monotonic()
        self._history_at = time.monotonic()
        self._epoch_started = 0.0
        self._epoch_seconds: float | None = None
        """Duration of the last epoch of this attempt."""
        self._steps = 0
        self._earlier_steps = resumed.steps if resumed else 0

    @property
    def state(self) -> TrainingState | None:
        """The state at the end of the last complete epoch. None before the first."""
        return self._state

    @property
    def has_trained(self) -> bool:
        """Whether at least one step has been trained."""
        return self._steps > 0

    @property
    def called(self) -> bool:
        """Whether ``fit`` passed this callback to ``model.fit``."""
        return self._fits > 0

    @property
    def shortened(self) -> bool:
        """Whether the training was planned shorter, so that it ends before the deadline."""
        return self.schedule.epochs < self._plan.epochs

    @property
    def next_epoch(self) -> int:
        """The first epoch to train. Equal to ``plan.epochs`` if no epoch is left."""
        state, last = self._state, self._plan.epochs
        if state is None:
            return 0
        return last if state.best.exhausted(self._plan.patience) else min(state.epochs, last)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        self._fits += 1
        if self._fits > 1:
            if self.resumed:
                raise NotResumable("fit() calls model.fit() several times")
            self._best_of_fit = BestEpoch(self._plan.direction)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        self._check_stop()
        if self.resumed and self._state and epoch != self._state.epochs:
            raise NotResumable(f"fit() started at epoch {epoch} and ignored initial_epoch")
        self._plan_epochs(fewest=1)
        self._epoch_started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._steps += 1
        self._check_stop()
        if batch % _STEPS_PER_LOSS_CHECK:
            return
        loss = (logs or {}).get("loss")  # a user-defined train_step may name its losses differently
        if loss is not None and math.isnan(float(loss)):
            raise NotANumber(f"the loss became NaN after {self._steps} steps")

    def on_test_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        del batch, logs
        self._termination.check()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        del epoch  # counts from 0 in each fit
        number = self._state.epochs if self._state else 0
        metrics = scalar_metrics(logs or {}, self._plan.objective)
        _check_nan(metrics, number, self._plan.objective)
        self._state = self._next_state(number, metrics)
        self._plan_epochs(fewest=0)  # the first epoch of an attempt is slow and tells little
        if self._best_of_fit.exhausted(self._plan.patience) or self._planned_end():
            self.model.stop_training = True
        if time.monotonic() - self._history_at >= HISTORY_SECONDS:
            self.save_history()
        if time.monotonic() - self._checkpoint_at >= self._plan.checkpoint_seconds:
            self.save_checkpoint()

    def save_history(self) -> None:
        """Writes ``history.jsonl``."""
        history = self._state.history if self._state else ()
        self._storage.write(HISTORY_FILE, history_to_jsonl(history))
        self._history_at = time.monotonic()

    def save_checkpoint(self) -> None:
        """Writes the state after the last complete epoch, if there is one."""
        if self._state is not None:
            save_checkpoint(self._storage, self._state)
        self._checkpoint_at = time.monotonic()

    def _check_stop(self) -> None:
        self._termination.check()
        if self._deadline is not None and time.time() >= self._deadline:
            raise DeadlinePassed

    def _plan_epochs(self, *, fewest: int) -> None:
        """Shortens the schedule so that the decay of the learning rate ends before the deadline."""
        if self._plan.schedule == "none" or self._deadline is None or self._epoch_seconds is None:
            return
        self.schedule = RateSchedule.of(self._plan).within(
            self._deadline - time.time(),
            done=self._state.epochs if self._state else 0,
            epoch_seconds=self._epoch_seconds,
            fewest=fewest,
        )

    def _planned_end(self) -> bool:
        return (
            self.shortened
            and self._state is not None
            and (self._state.epochs >= self.schedule.epochs)
        )

    def _next_state(self, epoch: int, metrics: dict[str, float]) -> TrainingState:
        before = self._state
        best = before.best if before else BestEpoch(self._plan.direction)
        if self._scored and self._plan.objective in metrics:
            score = metrics[self._plan.objective]
            best = best.observe(epoch, score)
            self._best_of_fit = self._best_of_fit.observe(epoch, score)
        elif self._objective_in_logs:
            raise missing_objective(self._plan.objective, metrics)
        self._epoch_seconds = seconds = time.monotonic() - self._epoch_started
        record = EpochRecord(epoch=epoch, seconds=seconds, metrics=metrics)
        weights = read_variables(self._candidate.variables)
        average = self._average.read() if self._average else None
        return TrainingState(
            history=(*(before.history if before else ()), record),
            best=best,
            weights=weights,
            optimizer=read_variables(optimizer_variables(self.model)),
            best_weights=before.best_weights
            if before and best.epoch not in {None, epoch}
            else average or weights,
            fits=max(1, self._fits),
            steps=self._earlier_steps + self._steps,
            average=average,
            loss_scale=read_variables(loss_scale_variables(self.model)),
            before_decay=self._state_before_decay(epoch),
        )

    def _state_before_decay(self, epoch: int) -> TrainingState | None:
        """Returns the state before the decay if ``epoch`` belongs to it."""
        if self._state is None or epoch < self.schedule.decay_start:
            return None
        return self._state.before_decay or self._state


def _check_nan(metrics: Mapping[str, float], epoch: int, objective: str) -> None:
    for name in ("loss", objective):
        if math.isnan(metrics.get(name, 0.0)):
            raise NotANumber(f"{name} was NaN at the end of epoch {epoch}")
