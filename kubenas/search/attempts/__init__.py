"""Attempts of trials and steps: specs, outputs, records and results."""

from kubenas.search.attempts.batch import Check, run_attempts
from kubenas.search.attempts.binding import Binding
from kubenas.search.attempts.conclusion import Conclusion, conclude
from kubenas.search.attempts.heartbeat import send_heartbeats
from kubenas.search.attempts.outputs import checkpoint_uri, has_checkpoint, read_start_time
from kubenas.search.attempts.records import AttemptRecords, open_attempt_records
from kubenas.search.attempts.running import (
    EndedAttempt,
    RunningAttempts,
    resolve_result,
    stop_leftovers,
)
from kubenas.search.attempts.specs import TrialSpecs

__all__ = [
    "AttemptRecords",
    "Binding",
    "Check",
    "Conclusion",
    "EndedAttempt",
    "RunningAttempts",
    "TrialSpecs",
    "checkpoint_uri",
    "conclude",
    "has_checkpoint",
    "open_attempt_records",
    "read_start_time",
    "resolve_result",
    "run_attempts",
    "send_heartbeats",
    "stop_leftovers",
]
