"""Smoke test of a user's code before the search: trains, exports and evaluates on a few examples.

It runs the tasks of the search in sequence, so errors that would occur late in the search occur
before the first trial.
"""

import logging
from collections.abc import Callable
from typing import Any

import keras_tuner

from kubenas.data.preparation.subset import write_subset
from kubenas.storage import join
from kubenas.training.model.candidate import user_file
from kubenas.training.model.exported_model import SAVED_MODEL_FOLDER
from kubenas.training.model.trained_weights import WEIGHTS_FILE
from kubenas.training.process.attempt import Attempt, open_attempt
from kubenas.training.process.failure import AttemptFailed, Failure, Phase, classify_errors
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.training.process.keras_settings import reset_keras
from kubenas.training.tasks.evaluate import evaluate
from kubenas.training.tasks.export import export
from kubenas.training.tasks.train import train
from kubenas.trial import FailureClass, Limits, Result, Task, TrainingPlan

_LOG = logging.getLogger(__name__)
_MAX_EXAMPLES = 64
_VALUE_DEPENDENT_FAILURES = frozenset(
    {FailureClass.NAN, FailureClass.DEVICE_OOM, FailureClass.HOST_OOM}
)
"""Failures at the default values that other values may not have."""

_RunTask = Callable[[Attempt], Result]


def run_smoke_test(attempt: Attempt) -> keras_tuner.HyperParameters:
    """Trains the default model for an epoch, then rebuilds, exports and evaluates it.

    Returns:
        The hyperparameters that building and fitting used.

    Raises:
        AttemptFailed: a task failed and would also fail in the search.
    """
    examples = min(attempt.plan.batch_size, _MAX_EXAMPLES)
    smoke_test = _SmokeTest(attempt, examples)
    try:
        smoke_test.run(Task.TRAIN, train, training=_smoke_test_plan(attempt))
        smoke_test.run(
            Task.EXPORT,
            export,
            training=_smoke_test_plan(attempt),
            model=smoke_test.uri(Task.TRAIN, WEIGHTS_FILE),
        )
        smoke_test.run(
            Task.EVALUATE, evaluate, model=smoke_test.uri(Task.EXPORT, SAVED_MODEL_FOLDER)
        )
    except AttemptFailed as error:
        if error.failure.kind not in _VALUE_DEPENDENT_FAILURES:
            raise
        _LOG.warning("skipping the rest of the smoke test: %s", error.failure.message)
    return smoke_test.hp


class _SmokeTest:
    """Runs tasks in a scratch folder on a subset of the data set."""

    def __init__(self, attempt: Attempt, examples: int) -> None:
        self.hp = keras_tuner.HyperParameters()
        """All hyperparameters used so far."""
        self._attempt = attempt
        self._examples = examples
        self._folder = attempt.scratch / "smoke-test"
        write_subset(attempt.dataset, self._folder / "data", examples=examples)

    def uri(self, task: Task, name: str) -> str:
        """Returns the URI of an artifact of ``task``."""
        return join(str(self._folder / task), name)

    def run(self, task: Task, run_task: _RunTask, **fields: Any) -> None:
        """Runs ``task`` as a separate attempt.

        Raises:
            AttemptFailed: the task failed.
        """
        spec = self._attempt.spec.model_copy(
            update={
                "task": task,
                "prefix": str(self._folder / task),
                "dataset": str(self._folder / "data"),
                **fields,
            }
        )
        hyperparameters = TrackedHyperparameters(None)
        reset_keras()
        try:
            with (
                classify_errors(Phase.OTHER, user_file=user_file(self._attempt)),
                open_attempt(spec, hyperparameters, self._attempt.termination) as attempt,
            ):
                run_task(attempt)
        except AttemptFailed as error:
            message = f"smoke test with {self._examples} examples, {task}: {error.failure.message}"
            failure = Failure(error.failure.outcome, error.failure.kind, message)
            raise AttemptFailed(failure) from error
        finally:
            self.hp.merge(hyperparameters.hp.space, overwrite=False)


def _smoke_test_plan(attempt: Attempt) -> TrainingPlan:
    """Returns the plan for one epoch, with the artifacts of a final training."""
    changes = {"epochs": 1, "patience": 0, "keep_model": True, "limits": Limits()}
    return attempt.plan.model_copy(update=changes)
