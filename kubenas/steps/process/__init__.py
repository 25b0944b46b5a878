"""The process of a step: logging, signals, status and outcome."""

from kubenas.steps.process.outcome import (
    StepOutcome,
    is_run_finished,
    is_step_done,
    plan_step,
    read_outcome,
    read_outcomes,
    record_outcome,
    running_step,
)
from kubenas.steps.process.parent_watch import PARENT_WATCH, exit_with_parent, interrupt_on_sigterm
from kubenas.steps.process.process import ERROR_PREFIX, step_process
from kubenas.steps.process.status import Status, StatusWriter, read_status

__all__ = [
    "ERROR_PREFIX",
    "PARENT_WATCH",
    "Status",
    "StatusWriter",
    "StepOutcome",
    "exit_with_parent",
    "interrupt_on_sigterm",
    "is_run_finished",
    "is_step_done",
    "plan_step",
    "read_outcome",
    "read_outcomes",
    "read_status",
    "record_outcome",
    "running_step",
    "step_process",
]
