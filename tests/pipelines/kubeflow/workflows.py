"""The part of Argo's manifest of a run that kubenas reads."""

from typing import Any

WORKFLOW = "kubenas-x7k2p"


def pod_name(task: str) -> str:
    return f"{WORKFLOW}-system-container-impl-{_hash(task)}"


def manifest(
    task: str, phase: str, message: str = "", *, terminated: bool = False
) -> dict[str, Any]:
    """Returns the manifest of a run at ``task``, whose pod is in ``phase``."""
    node = {
        "id": f"{WORKFLOW}-{_hash(task)}",
        "name": f"{WORKFLOW}(0).root(0).{task}(0).executor(0)",
        "displayName": "executor(0)",
        "type": "Pod",
        "templateName": "system-container-impl",
        "phase": phase,
        "message": message,
        "startedAt": "2026-11-29T09:00:05Z",
    }
    driver = {
        **node,
        "id": f"{WORKFLOW}-17",
        "name": f"{WORKFLOW}(0).root(0).{task}-driver(0)",
        "displayName": f"{task}-driver(0)",
        "templateName": "system-container-driver",
        "phase": "Succeeded",
        "message": "",
        "startedAt": "2026-11-29T09:00:01Z",
    }
    above = {
        "id": WORKFLOW,
        "name": WORKFLOW,
        "displayName": WORKFLOW,
        "type": "Retry",
        "phase": phase,
        "templateName": "entrypoint",
    }
    return {
        "metadata": {"name": WORKFLOW, "namespace": "team", "annotations": {}},
        "spec": {"activeDeadlineSeconds": 0} if terminated else {},
        "status": {"phase": phase, "nodes": {each["id"]: each for each in (above, node, driver)}},
    }


def _hash(task: str) -> str:
    return str(sum(task.encode()))
