"""The Keras callback that records the epochs of a trial and enforces its deadline."""

import time
from collections.abc import Mapping
from typing import Any, Self

import keras

from kubenas.storage import Storage
from kubenas.training.fit.history import (
    HISTORY_FILE,
    HISTORY_SECONDS,
    EpochRecord,
    history_to_jsonl,
)
from kubenas.training.fit.score import means
from kubenas.training.process.stopping import DeadlinePassed, Termination


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Writes history.jsonl for all executions of a trial.

    At the deadline, the callback stops the current epoch, so that the user's fit() returns the
    result so far. An execution that starts after the deadline raises DeadlinePassed. SIGTERM ends
    the training even if user code has caught the first Terminated exception.

    Args:
        storage: the attempt's prefix.
        deadline: Unix time. None: no deadline.
        termination: handles SIGTERM of this process.
    """

    def __init__(self, storage: Storage, deadline: float | None, termination: Termination) -> None:
        super().__init__()
        self._termination = termination
        self._storage = storage
        self._deadline = deadline
        self._records: list[EpochRecord] = []
        self._began = time.monotonic()
        self._written_at = float("-inf")
        self.cut_short = False
        """Whether the deadline stopped an execution or prevented its start."""
        self.parameters: int | None = None
        """Number of parameters of the model trained last."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Returns itself. Keras-Tuner copies callbacks per execution; all must share this one."""
        return self

    @property
    def epochs(self) -> int:
        """Number of epochs trained so far in all executions."""
        return len(self._records)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        del logs
        if self._overdue:
            self.cut_short = True
            raise DeadlinePassed

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        del epoch, logs
        self._termination.check()
        self._began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        del batch, logs
        self._termination.check()
        if self._overdue:
            self.cut_short = self.model.stop_training = True

    def on_test_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        del batch, logs
        self._termination.check()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        del epoch
        seconds = time.monotonic() - self._began
        record = EpochRecord(epoch=len(self._records), seconds=seconds, metrics=means(logs or {}))
        self._records.append(record)
        self.parameters = self.model.count_params() if self.model.built else None
        if time.monotonic() - self._written_at >= HISTORY_SECONDS:
            self.write()

    def write(self) -> None:
        """Writes ``history.jsonl``."""
        self._storage.write(HISTORY_FILE, history_to_jsonl(self._records))
        self._written_at = time.monotonic()

    @property
    def _overdue(self) -> bool:
        return self._deadline is not None and time.time() >= self._deadline
