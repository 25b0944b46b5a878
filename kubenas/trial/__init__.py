"""Data models of trials, attempts and their results, shared by all layers.

A trial is one proposed architecture. It has one or more attempts, each a process or pod that may
die. An :class:`AttemptSpec` describes an attempt: its task and its output folder. An attempt ends
with a :class:`Result` in ``<prefix>/result.json``, or without one if it was lost.
"""

from kubenas.trial.outcome import AttemptRef, FailureClass, Outcome, Task
from kubenas.trial.result import AttemptEvent, AttemptStart, DeclaredHyperparameters, Result
from kubenas.trial.spec import (
    ATTEMPT_START_FILE,
    CONTROLLER_VERSION_VARIABLE,
    NONCE_VARIABLE,
    RESULT_LIMIT_BYTES,
    SPEC_DIGEST_VARIABLE,
    AttemptSpec,
    Heartbeat,
    SpaceRef,
    TrainedNetwork,
)
from kubenas.trial.training_plan import Limits, Precision, RateScheduleName, TrainingPlan
from kubenas.trial.value import SearchId, Value

__all__ = [
    "ATTEMPT_START_FILE",
    "CONTROLLER_VERSION_VARIABLE",
    "NONCE_VARIABLE",
    "RESULT_LIMIT_BYTES",
    "SPEC_DIGEST_VARIABLE",
    "AttemptEvent",
    "AttemptRef",
    "AttemptSpec",
    "AttemptStart",
    "DeclaredHyperparameters",
    "FailureClass",
    "Heartbeat",
    "Limits",
    "Outcome",
    "Precision",
    "RateScheduleName",
    "Result",
    "SearchId",
    "SpaceRef",
    "Task",
    "TrainedNetwork",
    "TrainingPlan",
    "Value",
]
