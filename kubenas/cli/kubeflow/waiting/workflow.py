"""The Argo workflow of a run: its pods and their messages, which the KFP API omits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COUNTED = re.compile(r"\(\d+.*\)$")
_INNER = "executor"
"""Name of the node that holds the pod of a task."""


@dataclass(frozen=True)
class Pod:
    """A pod of a run."""

    name: str
    namespace: str
    task: str
    """Task of the pipeline or of Kubeflow, such as prepare-driver."""
    phase: str
    """Pending, Running, Succeeded, Failed or Error."""
    message: str
    """Message of Kubernetes for a pending or failed pod; else empty."""


@dataclass(frozen=True)
class Workflow:
    """The Argo workflow of a run."""

    namespace: str = ""
    pods: tuple[Pod, ...] = ()
    terminated: bool = False
    """Whether a user terminated the run."""
    message: str = ""
    """Message of the workflow, for causes outside the pods."""


def read_workflow(manifest: Mapping[str, Any]) -> Workflow:
    """Parses an Argo ``manifest``; pods are in the order of their start."""
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
    """Returns the task of a node, from the path in the node's name."""
    parts = [_COUNTED.sub("", part) for part in node.split(".")]
    named = [part for part in parts if part != _INNER]
    return (named or parts)[-1]


def _pod_name(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """Returns the pod name by Argo's rule: workflow, template and hash of the node id."""
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
