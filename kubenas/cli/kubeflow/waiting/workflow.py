"""What Argo knows of a run and Kubeflow's API does not pass on: its pods, and Kubernetes' words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COUNTED = re.compile(r"\(\d+.*\)$")
_INNER = "executor"
"""The node below a task's that has the pod."""


@dataclass(frozen=True)
class Pod:
    """A pod of a run."""

    name: str
    namespace: str
    task: str
    """Of the pipeline; or Kubeflow's own, such as prepare-driver, which comes before prepare."""
    phase: str
    """Pending, Running, Succeeded, Failed or Error."""
    message: str
    """Why it waits or failed, in the words of Kubernetes; else empty."""


@dataclass(frozen=True)
class Workflow:
    """A run as Argo has it."""

    namespace: str = ""
    pods: tuple[Pod, ...] = ()
    terminated: bool = False
    """Whether somebody ended it."""
    message: str = ""
    """Why all of it failed or has not begun, if that is no pod's fault."""


def read_workflow(manifest: Mapping[str, Any]) -> Workflow:
    """The workflow in Argo's ``manifest``, its pods in the order in which they began."""
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    nodes = [each for each in (status.get("nodes") or {}).values() if each.get("type") == "Pod"]
    nodes.sort(key=lambda node: str(node.get("startedAt")))
    return Workflow(
        namespace=_namespace(manifest),
        pods=tuple(_pod(manifest, node) for node in nodes),
        terminated=spec.get("activeDeadlineSeconds") == 0,
        message=_one_line(status.get("message")),
    )


def _pod(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> Pod:
    return Pod(
        name=_pod_name(manifest, node),
        namespace=_namespace(manifest),
        task=task_of(str(node.get("name"))),
        phase=str(node.get("phase") or "Pending"),
        message=_one_line(node.get("message")),
    )


def task_of(node: str) -> str:
    """The task to which a node belongs, from its name: the path of the nodes that hold it."""
    parts = [_COUNTED.sub("", part) for part in node.split(".")]
    named = [part for part in parts if part != _INNER]
    return (named or parts)[-1]


def _pod_name(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """Argo's rule: the workflow, the template, and the hash at the end of the node's id."""
    metadata, key = manifest.get("metadata") or {}, str(node.get("id"))
    annotations = metadata.get("annotations") or {}
    workflow = str(metadata.get("name"))
    if annotations.get("workflows.argoproj.io/pod-name-format") == "v1":
        return key
    if node.get("name") == workflow:
        return workflow
    inline = ".inline" in str(node.get("name"))
    prefix = workflow if inline else f"{workflow}-{node.get('templateName')}"
    return f"{prefix}-{key.rpartition('-')[2]}"


def _namespace(manifest: Mapping[str, Any]) -> str:
    return str((manifest.get("metadata") or {}).get("namespace") or "")


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())
