"""Attempts of trials and of steps: their specs, their outputs, and which one counts."""

from kubenas.search.attempts.batch import Check, run_attempts
from kubenas.search.attempts.binding import Binding
from kubenas.search.attempts.conclusion import Conclusion, conclude
from kubenas.search.attempts.heartbeat import beating
from kubenas.search.attempts.outputs import began_at, has_checkpoint
from kubenas.search.attempts.records import AttemptRecords, records_of
from kubenas.search.attempts.running import (
    EndedAttempt,
    RunningAttempts,
    left_result,
    stop_leftovers,
)
from kubenas.search.attempts.specs import TrialSpecs, training_plan

__all__ = [
    "AttemptRecords",
    "Binding",
    "Check",
    "Conclusion",
    "EndedAttempt",
    "RunningAttempts",
    "TrialSpecs",
    "beating",
    "began_at",
    "conclude",
    "has_checkpoint",
    "left_result",
    "records_of",
    "run_attempts",
    "stop_leftovers",
    "training_plan",
]
