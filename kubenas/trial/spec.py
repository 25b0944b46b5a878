"""The input of an attempt: its task, its space and its output folder."""

import hashlib
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from kubenas.trial.outcome import AttemptRef, Task
from kubenas.trial.training_plan import TrainingPlan
from kubenas.trial.value import SearchId, Value

RESULT_LIMIT_BYTES = 64 * 1024
ATTEMPT_START_FILE = "begun.json"
NONCE_VARIABLE = "KUBENAS_ATTEMPT_NONCE"
SPEC_DIGEST_VARIABLE = "KUBENAS_ATTEMPT_SPEC_SHA256"
CONTROLLER_VERSION_VARIABLE = "KUBENAS_CONTROLLER_VERSION"
"""Environment variables of a process that runs one attempt."""


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


class Heartbeat(Value):
    """Heartbeat of a search, watched by attempts that could outlive it."""

    uri: str = Field(description="URI of an object that changes as long as the search runs")
    seconds: float = Field(gt=0, description="timeout without a change before attempts exit")


class TrainedNetwork(Value):
    """The weights of a trained network, and what rebuilds it."""

    hyperparameters: dict[str, Any] | None = Field(None, description="as in AttemptSpec")
    weights: str = Field(description="URI of the weights")
    seconds: float = Field(ge=0, description="duration of the training")


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
    model: str | None = Field(None, description="URI of weights to export, or of an exported model")
    simple_models: bool = Field(False, description="whether to evaluate simple models, too")
    default_network: TrainedNetwork | None = Field(
        None, description="the default network of the space, which an evaluation also evaluates"
    )
    backbone: SpaceRef | None = Field(
        None, description="a space whose pretrained network an evaluation compares the model with"
    )
    deadline: float | None = Field(
        None, description="Unix time at which to stop training and report the result so far"
    )
    work_seconds: float | None = Field(
        None, description="seconds after the start of the process at which to do the same"
    )
    max_seconds: float | None = Field(None, description="run time at which the attempt is killed")
    host_ooms: int = Field(0, ge=0, description="earlier attempts that ran out of host memory")
    disruptions: int = Field(0, ge=0, description="earlier attempts evicted or on a lost node")
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
