"""The outcomes of steps: ``steps/<step>.json`` in the output.

They contain exit codes and error messages, which Kubeflow does not pass on to the command line.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from kubenas.errors import DocumentUnusable, KubenasError, StorageError
from kubenas.steps.process.process import step_process, unexpected_error
from kubenas.storage import Storage
from kubenas.storage.document import find_document
from kubenas.trial import Value

STEPS = ("prepare", "search", "retrain", "export", "evaluate", "report", "promote")

_logger = logging.getLogger(__name__)
_NO_ERROR = {"message": "", "exit_code": 0}


class StepOutcome(Value):
    """``steps/<step>.json``."""

    step: str
    state: Literal["running", "done", "failed", "due", "skipped"]
    """due, skipped: a conditional step that will run, or that will not run."""
    key: str
    """Identifies the input of the step; a new key resets ``seconds``."""
    seconds: float = 0.0
    """Wall-clock time of all runs with this ``key`` until the first one that succeeded."""
    message: str = ""
    exit_code: int = 0


def read_outcome(output: Storage, step: str) -> StepOutcome | None:
    """Returns the outcome of ``step``; None if the step was never started."""
    name = _object_name(step)
    return find_document(output, name, StepOutcome, what="the outcome of a step")


def read_outcomes(output: Storage) -> list[StepOutcome]:
    """Returns all recorded outcomes in the order of the pipeline."""
    return [outcome for step in STEPS if (outcome := read_outcome(output, step))]


def plan_step(output: Storage, step: str, *, key: str, due: bool) -> None:
    """Records whether a conditional ``step`` will run (``due``) or is skipped."""
    earlier = _earlier(output, step, key)
    if not due or earlier.state != "done":
        state = "due" if due else "skipped"
        _record(output, earlier.model_copy(update={"state": state, **_NO_ERROR}))


def is_step_done(output: Storage, step: str, *, key: str) -> bool:
    """Whether ``step`` has succeeded for ``key``."""
    return _earlier(output, step, key).state == "done"


def is_run_finished(outcomes: Iterable[StepOutcome], search: str | None) -> bool:
    """Whether all steps for ``search`` have ended."""
    states = {each.step: each.state for each in outcomes if each.key == search}
    return states.get("report") == "done" and states.get("promote") in {"done", "skipped"}


@contextmanager
def running_step(step: str, output: Storage, *, key: str) -> Iterator[None]:
    """Runs the body of a step in :func:`step_process` and records its outcome.

    Raises:
        SystemExit: The body raised an error; has the exit code of the error.
    """
    with step_process(step), record_outcome(step, output, key=key):
        try:
            yield
        except KubenasError:
            raise
        except Exception as error:
            raise unexpected_error(step, error) from error


@contextmanager
def record_outcome(step: str, output: Storage, *, key: str) -> Iterator[None]:
    """Records the outcome of the body without changing its errors."""
    earlier = _earlier(output, step, key)
    started = time.monotonic()
    _record(output, earlier.model_copy(update={"state": "running", **_NO_ERROR}))
    try:
        yield
    except Exception as error:
        _record_failure(output, _with_duration(earlier, started, _failure_fields(error)))
        raise
    _record(output, _with_duration(earlier, started, {"state": "done", **_NO_ERROR}))


def _earlier(output: Storage, step: str, key: str) -> StepOutcome:
    try:
        outcome = read_outcome(output, step)
    except DocumentUnusable as error:  # informational only, and about to be overwritten
        _logger.warning("%s", error)
        outcome = None
    if outcome and outcome.key == key:
        return outcome
    return StepOutcome(step=step, state="running", key=key)


def _with_duration(earlier: StepOutcome, started: float, changes: dict[str, object]) -> StepOutcome:
    passed = 0.0 if earlier.state == "done" else time.monotonic() - started
    return earlier.model_copy(update={"seconds": earlier.seconds + passed, **changes})


def _failure_fields(error: Exception) -> dict[str, object]:
    code = error.exit_code if isinstance(error, KubenasError) else KubenasError.exit_code
    return {"state": "failed", "message": str(error), "exit_code": code}


def _record(output: Storage, outcome: StepOutcome) -> None:
    output.write(_object_name(outcome.step), outcome.to_json())


def _record_failure(output: Storage, outcome: StepOutcome) -> None:
    try:
        _record(output, outcome)
    except StorageError as error:  # do not hide the error of the step
        _logger.warning("could not record the outcome of the step: %s", error)


def _object_name(step: str) -> str:
    return f"steps/{step}.json"
