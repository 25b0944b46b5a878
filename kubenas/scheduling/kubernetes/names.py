"""Names and labels of the Jobs and the Lease of a search. Pure."""

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
"""Environment variable with the pod's name, set by Kubeflow in the pod of a step."""
STEP_CONTAINER = "main"
"""Name of the step's container in that pod."""

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
    """A step of one search in one output."""

    search: str
    output: str
    """URI of the output. Two outputs may contain the same search."""
    step: str
    """search, retrain, export, evaluate, or champion for the evaluation of the champion."""

    @property
    def labels(self) -> dict[str, str]:
        """Labels on every Job and pod of the stage, and on no others."""
        return {
            "app.kubernetes.io/managed-by": MANAGER,
            SEARCH: self.search,
            OUTPUT: _digest(self.output, 10),
            STAGE: self.step,
        }

    @property
    def selector(self) -> str:
        """Label selector of the stage's Jobs and pods."""
        return ",".join(f"{name}={value}" for name, value in self.labels.items())


def job_name(stage: Stage, spec: AttemptSpec) -> str:
    """Returns the name of the attempt's Job, unique and the same on each call.

    Jobs are found by their labels, not their names, which other versions may form differently.
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
    """Returns name and labels of the Lease that all steps of the search in this output share."""
    labels = {name: value for name, value in stage.labels.items() if name != STAGE}
    return {"name": f"nas-{_digest(stage.search + labels[OUTPUT], 20)}", "labels": labels}


def attempt_labels(stage: Stage, spec: AttemptSpec) -> Mapping[str, str]:
    """Returns the labels of the attempt's Job and pod."""
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
    """Returns a digest of the attempt's spec."""
    return _digest(spec.to_json().decode(), 32)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
