"""The process of a step: its log, its metrics, its status and its outcome."""

from kubenas.steps.process.lifeline import LIFELINE, end_with_parent, interrupt_on_sigterm
from kubenas.steps.process.outcome import (
    StepOutcome,
    expect_step,
    is_done,
    is_finished,
    read_outcome,
    read_outcomes,
    recorded,
    running_step,
)
from kubenas.steps.process.process import ERROR_MARK, step_process
from kubenas.steps.process.status import Status, StatusWriter, read_status
from kubenas.steps.process.terminal import terminal_safe

__all__ = [
    "ERROR_MARK",
    "LIFELINE",
    "Status",
    "StatusWriter",
    "StepOutcome",
    "end_with_parent",
    "expect_step",
    "interrupt_on_sigterm",
    "is_done",
    "is_finished",
    "read_outcome",
    "read_outcomes",
    "read_status",
    "recorded",
    "running_step",
    "step_process",
    "terminal_safe",
]
