"""Outcomes of trials, failure classes and tasks of attempts."""

from enum import StrEnum

from pydantic import Field

from kubenas.trial.value import Value


class Outcome(StrEnum):
    """Final outcome of a trial."""

    COMPLETED = "completed"
    FAILED = "failed"
    INFEASIBLE = "infeasible"


class FailureClass(StrEnum):
    """Reason why an attempt ended without a score. Each class has its own retry rule."""

    DISRUPTION = "disruption"
    NODE_LOSS = "node-loss"
    HOST_OOM = "host-oom"
    DEVICE_OOM = "device-oom"
    NAN = "nan"
    INVALID_GRAPH = "invalid-graph"
    LIMIT = "limit"
    DEADLINE = "deadline"
    APPLICATION = "application"
    QUOTA = "quota"
    IMAGE = "image"
    CONFIGURATION = "configuration"
    STORAGE = "storage"


class Task(StrEnum):
    """Task of an attempt. All tasks run user code, so all of them run in a trial process."""

    DESCRIBE = "describe"
    TRAIN = "train"
    EVALUATE = "evaluate"
    EXPORT = "export"


class AttemptRef(Value):
    """Identifies an attempt within a search."""

    trial: int = Field(ge=0)
    attempt: int = Field(ge=1)

    def __str__(self) -> str:
        return f"trial {self.trial} attempt {self.attempt}"
