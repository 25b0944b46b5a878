"""How a step ended, as an object in the output: the pipeline's engine loses exit codes and
messages, the command line needs both."""

import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from kubenas.errors import KubenasError
from kubenas.steps.lifeline import end_with_parent, interrupt_on_sigterm
from kubenas.steps.logs import set_up_logging
from kubenas.storage import Storage
from kubenas.trial import Value

STEPS = ("prepare", "search", "retrain", "export", "evaluate", "report", "promote")

_NO_ERROR = {"message": "", "exit_code": 0}


class StepOutcome(Value):
    """``steps/<step>.json``."""

    step: str
    state: Literal["running", "done", "failed", "due", "skipped"]
    """due, skipped: a step that does not always run, and has not run yet or will not."""
    key: str
    """What the step worked on; another key starts the clock anew."""
    seconds: float = 0.0
    """Wall-clock of all runs of this step on ``key``, until it was first done."""
    message: str = ""
    exit_code: int = 0


def read_outcome(output: Storage, step: str) -> StepOutcome | None:
    """How ``step`` ended or that it runs; None if it never ran."""
    name = _object_name(step)
    return StepOutcome.from_json(output.read(name)) if output.exists(name) else None


def read_outcomes(output: Storage) -> list[StepOutcome]:
    """The outcomes of all steps that ran, in the pipeline's order."""
    return [outcome for step in STEPS if (outcome := read_outcome(output, step))]


def expect_step(output: Storage, step: str, *, key: str, due: bool) -> None:
    """Records that ``step``, which does not always run, will run on ``key``, or will not."""
    earlier = _earlier(output, step, key)
    if not due or earlier.state != "done":
        state = "due" if due else "skipped"
        _record(output, earlier.model_copy(update={"state": state, **_NO_ERROR}))


def is_finished(outcomes: Iterable[StepOutcome], search: str | None) -> bool:
    """Whether a run on ``search`` has come to its end."""
    states = {each.step: each.state for each in outcomes if each.key == search}
    return states.get("report") == "done" and states.get("promote") in {"done", "skipped"}


@contextmanager
def running_step(step: str, output: Storage, *, key: str) -> Iterator[None]:
    """Runs a step's body and records how it ended.

    The last line printed is the error, for that is what Kubeflow shows. A step that runs under a
    local parent ends when the parent dies.

    Raises:
        SystemExit: with the error's exit code, in place of any error.
    """
    set_up_logging()
    end_with_parent()
    interrupt_on_sigterm()
    earlier = _earlier(output, step, key)
    started = time.monotonic()
    try:
        _record(output, earlier.model_copy(update={"state": "running", **_NO_ERROR}))
        yield
        _record(output, _timed(earlier, started, {"state": "done", **_NO_ERROR}))
    except KubenasError as error:
        _fail(output, _timed(earlier, started, _failure(error)), error)
    except Exception as error:  # noqa: BLE001
        # The boundary of the process: whatever it was, people must find it in the outcome.
        traceback.print_exc()
        unexpected = KubenasError(f"{step}: unexpected {type(error).__name__}: {error}")
        _fail(output, _timed(earlier, started, _failure(unexpected)), error)


def _earlier(output: Storage, step: str, key: str) -> StepOutcome:
    outcome = read_outcome(output, step)
    if outcome and outcome.key == key:
        return outcome
    return StepOutcome(step=step, state="running", key=key)


def _timed(earlier: StepOutcome, started: float, changes: dict[str, object]) -> StepOutcome:
    passed = 0.0 if earlier.state == "done" else time.monotonic() - started
    return earlier.model_copy(update={"seconds": earlier.seconds + passed, **changes})


def _failure(error: KubenasError) -> dict[str, object]:
    return {"state": "failed", "message": str(error), "exit_code": error.exit_code}


def _record(output: Storage, outcome: StepOutcome) -> None:
    output.write(_object_name(outcome.step), outcome.to_json())


def _fail(output: Storage, outcome: StepOutcome, cause: Exception) -> None:
    try:
        _record(output, outcome)
    finally:  # also when the disk is full: the log still tells
        sys.stderr.write(f"{outcome.message}\n")
    raise SystemExit(outcome.exit_code) from cause


def _object_name(step: str) -> str:
    return f"steps/{step}.json"
