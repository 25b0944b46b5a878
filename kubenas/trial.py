"""Trials, attempts and their results: the frozen values that travel between layers.

A trial is one proposed architecture. It has one or more attempts, each a process or pod that
may die. An attempt is described by an :class:`AttemptSpec` (what to do, where to write) and ends
with a :class:`Result` under ``<prefix>/result.json``, or with none if it died.
"""

import hashlib
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

RESULT_LIMIT_BYTES = 64 * 1024
ATTEMPT_START_FILE = "begun.json"
NONCE_VARIABLE = "KUBENAS_ATTEMPT_NONCE"
SPEC_DIGEST_VARIABLE = "KUBENAS_ATTEMPT_SPEC_SHA256"
"""Environment variables of a process that runs one attempt."""


class Value(BaseModel):
    """A frozen, closed value with a JSON round trip."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    def to_json(self) -> bytes:
        """UTF-8 JSON of this value."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The value in ``data``.

        Raises:
            pydantic.ValidationError: ``data`` is not JSON of this class.
        """
        return cls.model_validate_json(data)


class Outcome(StrEnum):
    """How a trial ended, for good."""

    COMPLETED = "completed"
    FAILED = "failed"
    INFEASIBLE = "infeasible"


class FailureClass(StrEnum):
    """Why an attempt ended without a score. Each class has its own retry rule."""

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
    """What an attempt does. All of them run user code, so all of them run in a trial process."""

    DESCRIBE = "describe"
    TRAIN = "train"
    EVALUATE = "evaluate"
    EXPORT = "export"


class AttemptRef(Value):
    """Names one attempt within a search."""

    trial: int = Field(ge=0)
    attempt: int = Field(ge=1)

    def __str__(self) -> str:
        return f"trial {self.trial} attempt {self.attempt}"


class SpaceRef(Value):
    """A registered space by name, a user's HyperModel by file and name in it, or a program."""

    name: str | None = None
    options: dict[str, Any] = {}
    hypermodel: str | None = Field(
        None, description="URI of the file, a colon, the class, instance or function"
    )
    requirements: str | None = Field(
        None, description="file beside the hypermodel's that lists packages it needs"
    )
    program: str | None = Field(
        None, description="URI of the folder of a kubenas.Tuner and its search()'s arguments"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.name, self.hypermodel, self.program)) != 1:
            raise ValueError("give one of 'name', 'hypermodel' and 'program'")
        return self


class Limits(Value):
    """What a network may cost at the most. One that costs more is not trained."""

    parameters: int | None = Field(None, ge=1, description="Weights at the most; empty: no limit.")
    flops: int | None = Field(
        None,
        ge=1,
        description="Floating-point operations for one example at the most, a multiplication and"
        " an addition being two; empty: no limit.",
    )
    latency_ms: float | None = Field(
        None,
        gt=0,
        description="Milliseconds for one example at the most, on the machine that trains it;"
        " empty: no limit.",
    )
    memory_mib: float | None = Field(
        None,
        gt=0,
        description="MiB of memory to train it at the most, as estimated from weights, optimiser"
        " and one batch's activations; empty: no limit.",
    )
    model_mib: float | None = Field(
        None, gt=0, description="MiB of the model's weights at the most; empty: no limit."
    )


class TrainingPlan(Value):
    """How one attempt trains."""

    epochs: int = Field(ge=1, description="train up to this epoch, counted from 0")
    batch_size: int = Field(ge=1)
    patience: int = Field(ge=0, description="epochs without improvement; 0: never stop early")
    seed: int
    objective: str = Field(description="a metric of the model, such as val_accuracy")
    direction: Literal["max", "min"]
    further_metrics: tuple[str, ...] = Field((), description="that the result must tell, too")
    checkpoint_seconds: float = Field(30.0, ge=0, description="least time between checkpoints")
    keep_model: bool = Field(False, description="leave the weights of the best epoch")
    keep_checkpoint: bool = Field(False, description="leave the last state to be resumed from")
    limits: Limits = Field(Limits(), description="on the model, checked before it is trained")


class Heartbeat(Value):
    """A sign of life of a search, for attempts that would outlive it."""

    uri: str = Field(description="URI of an object that changes as long as the search lives")
    seconds: float = Field(gt=0, description="without a change after which an attempt ends itself")


class AttemptSpec(Value):
    """Everything a trial process needs to know; it gets the URI of this and nothing else."""

    version: Literal[1] = 1
    task: Task
    search: str
    trial: int = Field(ge=0)
    attempt: int = Field(ge=1)
    prefix: str = Field(description="URI of the folder that this attempt alone writes to")
    space: SpaceRef
    dataset: str = Field(description="URI of the prepared data set's folder")
    hyperparameters: dict[str, Any] | None = Field(
        None, description="keras_tuner.HyperParameters.get_config(); None: the space's defaults"
    )
    training: TrainingPlan | None = None
    resume_from: str | None = Field(None, description="URI of a checkpoint folder")
    model: str | None = Field(
        None, description="URI of weights to export, or of a SavedModel's folder to evaluate"
    )
    deadline: float | None = Field(
        None, description="Unix time at which to end with what has been reached"
    )
    work_seconds: float | None = Field(
        None, description="from the start of its process after which to do the same"
    )
    max_seconds: float | None = Field(None, description="of its run after which it is killed")
    host_ooms: int = Field(0, ge=0, description="earlier attempts that ran out of host memory")
    disruptions: int = Field(0, ge=0, description="earlier attempts that lost their place or node")
    heartbeat: Heartbeat | None = Field(
        None, description="of the search; None: the attempt ends with it in another way"
    )
    nonce: str | None = Field(
        None,
        exclude=True,
        description="secret that the result must repeat; the runner gives it to the process, and it"
        " is in no file",
    )

    @property
    def digest(self) -> str:
        """SHA-256 of ``spec.json``, in hexadecimal."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @property
    def ref(self) -> AttemptRef:
        """Which attempt this is."""
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
    """Which hyperparameters the attempt's code asked for, beside those that it was given."""

    new: tuple[dict[str, Any], ...] = Field(
        (), description="not in the space it was given; as in HyperParameters.get_config()['space']"
    )
    values: dict[str, Any] = Field({}, description="asked for and not given: what the code got")
    unused: tuple[str, ...] = Field((), description="names of given values that were not asked for")


class AttemptStart(Value):
    """``begun.json`` in an attempt's folder: written by its process before all else."""

    at: float = Field(description="Unix time")


class Result(Value):
    """What an attempt reports: ``result.json``, at most ``RESULT_LIMIT_BYTES``."""

    version: Literal[1] = 1
    task: Task
    trial: int
    attempt: int
    outcome: Outcome
    failure: FailureClass | None = None
    message: str = Field("", max_length=4000, description="one line for people")
    score: float | None = Field(None, description="the objective at the best epoch")
    metrics: dict[str, float] = Field({}, description="all metrics at the best epoch")
    epochs: int = Field(0, ge=0, description="epochs trained, those of earlier attempts included")
    best_epoch: int | None = Field(None, description="counted from 0")
    cut_short: bool = Field(False, description="ended by the deadline, not by the plan")
    seconds: float = Field(0.0, ge=0, description="wall-clock of this attempt")
    parameters: int | None = Field(None, description="trainable and other weights")
    flops: int | None = Field(None, description="floating-point operations for one example")
    latency_ms: float | None = Field(None, description="median inference time of one example")
    declared: DeclaredHyperparameters = DeclaredHyperparameters()
    artifacts: dict[str, str] = Field({}, description="name -> path below the attempt's prefix")
    software: dict[str, str] = Field({}, description="versions of what it ran with, by package")
    image: str | None = Field(None, description="container image by digest, as its runner tells")
    nonce: str | None = Field(None, description="that of the attempt's spec")


class AttemptEvent(Value):
    """A runner's word about an attempt. Whether it succeeded is for ``result.json`` to say."""

    ref: AttemptRef
    kind: Literal["waiting", "running", "ended"]
    failure: FailureClass | None = Field(None, description="why it ended, where the runner knows")
    message: str = Field("", description="how it ended, or what it waits for")
    image: str | None = Field(None, description="of an ended one: its container image by digest")
    since: float | None = Field(
        None, description="of a running one: Unix time at which its container or process began"
    )
    seconds: float | None = Field(
        None,
        ge=0,
        description="of an ended one: for how long that ran, without any queue; 0: it never did;"
        " None: nobody can tell",
    )
