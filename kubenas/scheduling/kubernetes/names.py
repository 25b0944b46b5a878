"""Names and labels by which the Jobs of a search are found again. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubenas.trial import AttemptSpec, Task

MANAGER = "kubenas"
SEARCH = "kubenas/search"
OUTPUT = "kubenas/output"
STAGE = "kubenas/stage"
TASK = "kubenas/task"
TRIAL = "kubenas/trial"
ATTEMPT = "kubenas/attempt"
SPEC_HASH = "kubenas/spec-hash"
PREFIX = "kubenas/prefix"
EPOCH = "kubenas/epoch"
MAX_SECONDS = "kubenas/max-seconds"

KUBEFLOW_POD = "KFP_POD_NAME"
"""Environment variable that Kubeflow sets in the pod of a step: the pod's name."""
STEP_CONTAINER = "main"
"""The container of that pod that the step runs in."""

_NAME_LIMIT = 63
_LETTERS = {
    "search": "t",
    "describe": "d",
    "retrain": "r",
    "export": "x",
    "evaluate": "v",
    "champion": "c",
}


@dataclass(frozen=True)
class Stage:
    """A step of one search in one output; its attempts are numbered by trial."""

    search: str
    output: str
    """URI of the root that the search writes below: two outputs may hold the same search."""
    step: str
    """search, retrain, export, evaluate, or champion for the evaluation of that."""

    @property
    def labels(self) -> dict[str, str]:
        """On each of the stage's Jobs and pods, and on no other's."""
        return {
            "app.kubernetes.io/managed-by": MANAGER,
            SEARCH: self.search,
            OUTPUT: _digest(self.output, 10),
            STAGE: self.step,
        }

    @property
    def selector(self) -> str:
        """Selects them."""
        return ",".join(f"{name}={value}" for name, value in self.labels.items())


def job_name(stage: Stage, spec: AttemptSpec) -> str:
    """The name of the attempt's Job: always the same for the same attempt, and only for it.

    A Job is found again by its labels: one that another version has named otherwise, too.
    """
    letter = _LETTERS["describe" if spec.task == Task.DESCRIBE else stage.step]
    end = f"{letter}{spec.trial:05d}-a{spec.attempt}"
    name = f"nas-{stage.search}-{_digest(stage.output, 6)}-{end}"
    if len(name) <= _NAME_LIMIT:
        return name
    room = _NAME_LIMIT - len(f"nas--{end}") - 11
    digest = _digest(f"{stage.search} {stage.output}", 10)
    return f"nas-{stage.search[:room].rstrip('-')}-{digest}-{end}"


def lease_metadata(stage: Stage) -> dict[str, Any]:
    """Name and labels of the Lease of the stage's search in its output, for all its steps."""
    labels = {name: value for name, value in stage.labels.items() if name != STAGE}
    return {"name": f"nas-{_digest(stage.search + labels[OUTPUT], 20)}", "labels": labels}


def attempt_labels(stage: Stage, spec: AttemptSpec) -> Mapping[str, str]:
    """Labels of the attempt's Job and pod."""
    return {
        **stage.labels,
        "app.kubernetes.io/name": MANAGER,
        "app.kubernetes.io/component": "trial",
        "app.kubernetes.io/instance": stage.search,
        TASK: spec.task.value,
        TRIAL: str(spec.trial),
        ATTEMPT: str(spec.attempt),
    }


def spec_hash(spec: AttemptSpec) -> str:
    """A digest of what the attempt is told to do."""
    return _digest(spec.to_json().decode(), 32)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
