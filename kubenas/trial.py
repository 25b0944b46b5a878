"""Data models of trials, attempts and their results, shared by all layers.

A trial is one proposed architecture. It has one or more attempts, each a process or pod that may
die. An :class:`AttemptSpec` describes an attempt: its task and its output folder. An attempt ends
with a :class:`Result` in ``<prefix>/result.json``, or without one if it was lost.
"""

import hashlib
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

RESULT_LIMIT_BYTES = 64 * 1024
ATTEMPT_START_FILE = "begun.json"
NONCE_VARIABLE = "KUBENAS_ATTEMPT_NONCE"
SPEC_DIGEST_VARIABLE = "KUBENAS_ATTEMPT_SPEC_SHA256"
CONTROLLER_VERSION_VARIABLE = "KUBENAS_CONTROLLER_VERSION"
"""Environment variables of a process that runs one attempt."""

SearchId: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$")
]
"""A search's id in a record. It is the name of a folder, and never a path."""


class Value(BaseModel):
    """Base of immutable models without extra fields, which convert to and from JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    def to_json(self) -> bytes:
        """Returns this value as UTF-8 JSON."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parses a value.

        Raises:
            pydantic.ValidationError: ``data`` is not valid JSON of this class.
        """
        return cls.model_validate_json(data)


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


class SpaceRef(Value):
    """A search space: a registered one by name, a user's HyperModel, or a program."""

    name: str | None = None
    options: dict[str, Any] = {}
    weights: str | None = Field(None, description="URI of the pretrained network of a named space")
    hypermodel: str | None = Field(
        None, description="URI of the file, a colon, and the name of a class, instance or function"
    )
    requirements: str | None = Field(
        None, description="requirements file in the folder of the hypermodel's file"
    )
    program: str | None = Field(
        None, description="URI of a folder with a kubenas.Tuner and the arguments of search()"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.name, self.hypermodel, self.program)) != 1:
            raise ValueError("give one of 'name', 'hypermodel' and 'program'")
        return self


class Limits(Value):
    """Limits of a network. A network that exceeds one of them is not trained."""

    parameters: int | None = Field(
        None, ge=1, description="Maximum number of weights; empty: no limit."
    )
    flops: int | None = Field(
        None,
        ge=1,
        description="Maximum floating-point operations per example; a multiplication and an"
        " addition count as two. Empty: no limit.",
    )
    latency_ms: float | None = Field(
        None,
        gt=0,
        description="Milliseconds of inference per example at most, on the machine that trains the"
        " network; empty: no limit.",
    )
    memory_mib: float | None = Field(
        None,
        gt=0,
        description="Maximum memory for training in MiB, estimated from the weights, the optimiser"
        " and the activations of one batch; empty: no limit.",
    )
    model_mib: float | None = Field(
        None, gt=0, description="Maximum size of the model's weights in MiB; empty: no limit."
    )


RateScheduleName: TypeAlias = Literal["none", "cosine", "wsd"]
"""A learning rate schedule; see :mod:`kubenas.training.fit.rate_schedule`."""


class TrainingPlan(Value):
    """Training parameters of an attempt."""

    epochs: int = Field(ge=1, description="total epochs, including those of earlier attempts")
    batch_size: int = Field(ge=1)
    patience: int = Field(
        ge=0, description="epochs without improvement before stopping early; 0: never"
    )
    seed: int
    schedule: RateScheduleName = Field(
        "none", description="learning rate schedule; 'none': the optimiser's own"
    )
    with_validation: bool = Field(False, description="train on the validation split, too")
    objective: str = Field(description="a metric of the model, such as val_accuracy")
    direction: Literal["max", "min"]
    further_metrics: tuple[str, ...] = Field(
        (), description="further metrics that the result must contain"
    )
    checkpoint_seconds: float = Field(30.0, ge=0, description="minimum time between checkpoints")
    keep_model: bool = Field(False, description="save the weights of the best epoch")
    keep_checkpoint: bool = Field(False, description="keep the last checkpoint for later training")
    limits: Limits = Field(Limits(), description="limits of the model, checked before training")


class Heartbeat(Value):
    """Heartbeat of a search, watched by attempts that could outlive it."""

    uri: str = Field(description="URI of an object that changes as long as the search runs")
    seconds: float = Field(gt=0, description="timeout without a change before attempts exit")


class AttemptSpec(Value):
    """Complete input of a trial process, which is given only the URI of the spec."""

    version: Literal[1] = 1
    task: Task
    search: SearchId
    trial: int = Field(ge=0)
    attempt: int = Field(ge=1)
    prefix: str = Field(description="URI of the attempt's own output folder")
    space: SpaceRef
    dataset: str = Field(description="URI of the prepared data set's folder")
    hyperparameters: dict[str, Any] | None = Field(
        None, description="keras_tuner.HyperParameters.get_config(); None: the space's defaults"
    )
    training: TrainingPlan | None = None
    resume_from: str | None = Field(None, description="URI of a checkpoint folder")
    model: str | None = Field(
        None, description="URI of the weights to export, or of the SavedModel folder to evaluate"
    )
    simple_models: bool = Field(
        False, description="whether an evaluation also trains and evaluates simple models"
    )
    deadline: float | None = Field(
        None, description="Unix time at which to stop training and report the result so far"
    )
    work_seconds: float | None = Field(
        None, description="seconds after the start of the process at which to do the same"
    )
    max_seconds: float | None = Field(None, description="run time at which the attempt is killed")
    host_ooms: int = Field(0, ge=0, description="earlier attempts that ran out of host memory")
    disruptions: int = Field(
        0, ge=0, description="earlier attempts that were evicted or lost their node"
    )
    heartbeat: Heartbeat | None = Field(
        None, description="the search's heartbeat; None: the attempt ends with the search anyway"
    )
    nonce: str | None = Field(
        None,
        exclude=True,
        description="secret that the result must contain; the runner passes it to the process, and"
        " it is not written to spec.json",
    )

    @property
    def digest(self) -> str:
        """SHA-256 of ``spec.json``, in hexadecimal."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @property
    def ref(self) -> AttemptRef:
        """Reference to this attempt."""
        return AttemptRef(trial=self.trial, attempt=self.attempt)

    def with_deadline(self, start: float) -> Self:
        """Returns this spec for a process that starts at Unix time ``start``.

        Its deadline is the earlier of ``deadline`` and ``start + work_seconds``. The time that the
        attempt spent in a queue does not count.
        """
        ends = (self.deadline, None if self.work_seconds is None else start + self.work_seconds)
        sooner = min((end for end in ends if end is not None), default=None)
        return self.model_copy(update={"deadline": sooner})


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
