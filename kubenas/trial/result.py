"""What an attempt reports: its start, its result and the runner's events."""

from typing import Any, Literal

from pydantic import Field

from kubenas.trial.outcome import AttemptRef, FailureClass, Outcome, Task
from kubenas.trial.value import Value


class DeclaredHyperparameters(Value):
    """Hyperparameters that the attempt's code declared in addition to the given ones."""

    new: tuple[dict[str, Any], ...] = Field(
        (), description="not in the given space; entries of HyperParameters.get_config()['space']"
    )
    values: dict[str, Any] = Field({}, description="values of hyperparameters without a given one")
    unused: tuple[str, ...] = Field((), description="names of given values that were not used")


class AttemptStart(Value):
    """``begun.json`` in an attempt's folder, written first by its process."""

    at: float = Field(description="Unix time")


class Result(Value):
    """Result of an attempt: ``result.json``, at most ``RESULT_LIMIT_BYTES``."""

    version: Literal[1] = 1
    task: Task
    trial: int
    attempt: int
    outcome: Outcome
    failure: FailureClass | None = None
    message: str = Field("", max_length=4000, description="one line for the user")
    score: float | None = Field(None, description="the objective at the best epoch")
    metrics: dict[str, float] = Field({}, description="all metrics at the best epoch")
    epochs: int = Field(0, ge=0, description="epochs trained, including earlier attempts")
    best_epoch: int | None = Field(None, description="counted from 0")
    cut_short: bool = Field(False, description="whether the deadline ended the training")
    seconds: float = Field(0.0, ge=0, description="wall-clock time of this attempt")
    parameters: int | None = Field(None, description="number of weights, trainable or not")
    flops: int | None = Field(None, description="floating-point operations for one example")
    latency_ms: float | None = Field(None, description="median inference time of one example")
    precision: str | None = Field(None, description="Keras' dtype policy of the training")
    declared: DeclaredHyperparameters = DeclaredHyperparameters()
    artifacts: dict[str, str] = Field({}, description="name -> path below the attempt's prefix")
    software: dict[str, str] = Field({}, description="package versions")
    image: str | None = Field(None, description="container image with digest, set by the runner")
    nonce: str | None = Field(None, description="nonce of the attempt's spec")


class AttemptEvent(Value):
    """Event that a runner reports about an attempt. Success is read from ``result.json``."""

    ref: AttemptRef
    kind: Literal["waiting", "running", "ended"]
    failure: FailureClass | None = Field(None, description="why it ended, if the runner knows")
    message: str = Field("", description="how it ended, or what it waits for")
    image: str | None = Field(None, description="container image with digest, if ended")
    since: float | None = Field(
        None, description="if running: Unix time at which its container or process began"
    )
    seconds: float | None = Field(
        None,
        ge=0,
        description="if ended: run time of its container or process, without queueing; 0: it never"
        " ran; None: unknown",
    )
