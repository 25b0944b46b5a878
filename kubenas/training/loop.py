"""What is done between an attempt's steps and epochs: a Keras callback that decides little.

The state after each epoch is copied, so that what is checkpointed when the attempt is stopped
within an epoch is the state at that epoch's start, and a resumed attempt repeats it whole.
"""

import math
import time
from collections.abc import Mapping
from typing import Any

import keras

from kubenas.storage import Storage
from kubenas.training.best_epoch import BestEpoch
from kubenas.training.checkpoint import TrainingState, save_checkpoint
from kubenas.training.failure import NotANumber
from kubenas.training.history import HISTORY_FILE, EpochRecord, history_to_jsonl
from kubenas.training.score import missing_objective
from kubenas.training.stopping import DeadlinePassed, Termination
from kubenas.training.variables import read_variables
from kubenas.trial import TrainingPlan

_HISTORY_SECONDS = 5.0
"""Least time between two writes of the history: an object store does not append."""
_STEPS_PER_LOSS_CHECK = 20
"""Looking at the loss waits for the accelerator."""


class TrainingLoop(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Keeps history, best epoch and checkpoints; stops for SIGTERM, deadline, NaN and patience.

    Args:
        plan: how to train.
        storage: the attempt's prefix.
        termination: SIGTERM of this process.
        deadline: Unix time after which to stop; None: never.
        resumed: the state to go on from.
        objective_in_logs: whether logs without the objective are an error; a user's own
            ``fit`` may compute it after the epochs.
    """

    def __init__(
        self,
        *,
        plan: TrainingPlan,
        storage: Storage,
        termination: Termination,
        deadline: float | None,
        resumed: TrainingState | None,
        objective_in_logs: bool,
    ) -> None:
        super().__init__()
        self._plan = plan
        self._storage = storage
        self._termination = termination
        self._deadline = deadline
        self._objective_in_logs = objective_in_logs
        self._state = resumed
        self._checkpoint_at = time.monotonic()
        self._history_at = time.monotonic()
        self._epoch_started = 0.0
        self._steps = 0

    @property
    def state(self) -> TrainingState | None:
        """At the end of the last whole epoch; None before the first."""
        return self._state

    @property
    def began(self) -> bool:
        """Whether a step has been trained."""
        return self._steps > 0

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        state = self._state
        return state is not None and (
            state.epochs >= self._plan.epochs or state.best.exhausted(self._plan.patience)
        )

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        del epoch, logs
        self._check_stop()
        self._epoch_started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._steps += 1
        self._check_stop()
        if logs and batch % _STEPS_PER_LOSS_CHECK == 0 and math.isnan(float(logs["loss"])):
            raise NotANumber(f"the loss became NaN after {self._steps} steps")

    def on_test_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        del batch, logs
        self._termination.check()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        _check_numbers(metrics, epoch, self._plan.objective)
        self._state = self._advanced(epoch, metrics)
        if self._state.best.exhausted(self._plan.patience):
            self.model.stop_training = True
        if time.monotonic() - self._history_at >= _HISTORY_SECONDS:
            self.save_history()
        if time.monotonic() - self._checkpoint_at >= self._plan.checkpoint_seconds:
            self.save_checkpoint()

    def save_history(self) -> None:
        """Writes ``history.jsonl``."""
        history = self._state.history if self._state else ()
        self._storage.write(HISTORY_FILE, history_to_jsonl(history))
        self._history_at = time.monotonic()

    def save_checkpoint(self) -> None:
        """Writes the state after the last whole epoch, unless there is none."""
        if self._state is not None:
            save_checkpoint(self._storage, self._state)
        self._checkpoint_at = time.monotonic()

    def _check_stop(self) -> None:
        self._termination.check()
        if self._deadline is not None and time.time() >= self._deadline:
            raise DeadlinePassed

    def _advanced(self, epoch: int, metrics: dict[str, float]) -> TrainingState:
        before = self._state
        best = before.best if before else BestEpoch(self._plan.direction)
        if self._plan.objective in metrics:
            best = best.observe(epoch, metrics[self._plan.objective])
        elif self._objective_in_logs:
            raise missing_objective(self._plan.objective, metrics)
        seconds = time.monotonic() - self._epoch_started
        record = EpochRecord(epoch=epoch, seconds=seconds, metrics=metrics)
        weights = read_variables(self.model.variables)
        return TrainingState(
            history=(*(before.history if before else ()), record),
            best=best,
            weights=weights,
            optimizer=read_variables(self.model.optimizer.variables),
            best_weights=before.best_weights if before and best.epoch != epoch else weights,
        )


def _check_numbers(metrics: Mapping[str, float], epoch: int, objective: str) -> None:
    for name in ("loss", objective):
        if math.isnan(metrics.get(name, 0.0)):
            raise NotANumber(f"{name} was NaN at the end of epoch {epoch}")
