"""Dispatch of an attempt's task, with conversion of failures to results."""

import gc
import logging
import time
from collections.abc import Callable

import keras
import tensorflow as tf

from kubenas.errors import StorageError
from kubenas.training.process.attempt import Attempt, open_attempt
from kubenas.training.process.failure import AttemptFailed, Failure, Phase, classify_errors
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.training.process.keras_settings import reset_keras
from kubenas.training.process.stopping import Termination
from kubenas.training.program.task import run_program
from kubenas.training.tasks.describe import describe
from kubenas.training.tasks.evaluate import evaluate
from kubenas.training.tasks.export import export
from kubenas.training.tasks.train import train
from kubenas.trial import AttemptSpec, FailureClass, Result, Task

_LOG = logging.getLogger(__name__)
_TASKS: dict[Task, Callable[[Attempt], Result]] = {
    Task.DESCRIBE: describe,
    Task.TRAIN: train,
    Task.EVALUATE: evaluate,
    Task.EXPORT: export,
}


def configure_tensorflow() -> None:
    """Configures TensorFlow. Call it once per process before the first use of a device."""
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)
    keras.config.disable_traceback_filtering()  # failures are classified by the raising file


def run_task(spec: AttemptSpec, termination: Termination) -> Result:
    """Runs the task of ``spec`` and writes all files except ``result.json``.

    Raises:
        StorageError: the store failed, so no result can be written.
        Terminated: SIGTERM was received.
    """
    start = time.monotonic()
    hyperparameters = TrackedHyperparameters(spec.hyperparameters)
    reset_keras()
    gc.collect()
    try:
        with (
            classify_errors(Phase.OTHER),
            open_attempt(spec, hyperparameters, termination) as attempt,
        ):
            result = _task(spec)(attempt)
    except AttemptFailed as error:
        _LOG.exception("%s failed", spec.ref)
        if error.failure.kind is FailureClass.STORAGE:
            raise StorageError(error.failure.message) from error
        result = _failed(spec, error.failure, hyperparameters)
    return result.model_copy(update={"seconds": time.monotonic() - start})


def _task(spec: AttemptSpec) -> Callable[[Attempt], Result]:
    trains_program = spec.task is Task.TRAIN and spec.space.program is not None
    return run_program if trains_program else _TASKS[spec.task]


def _failed(spec: AttemptSpec, failure: Failure, hyperparameters: TrackedHyperparameters) -> Result:
    return Result(
        task=spec.task,
        trial=spec.trial,
        attempt=spec.attempt,
        outcome=failure.outcome,
        failure=failure.kind,
        message=failure.message,
        declared=hyperparameters.declared(),
    )
