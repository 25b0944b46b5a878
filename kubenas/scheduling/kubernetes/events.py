"""Kubernetes Events about the pod of a step. Pure."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LENGTH = 1000


def event_about(
    pod: Mapping[str, Any], reason: str, message: str, *, warning: bool = False
) -> dict[str, Any]:
    """Returns an Event about ``pod``.

    Args:
        pod: pod as returned by the API server.
        reason: one word in CamelCase.
        message: one line for users.
        warning: whether the type is Warning instead of Normal.
    """
    about = pod["metadata"]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{about['name']}.{uuid.uuid4().hex[:16]}",
            "namespace": about["namespace"],
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            **{key: about[key] for key in ("name", "namespace", "uid")},
        },
        "reason": reason,
        "message": message[:_LENGTH],
        "type": "Warning" if warning else "Normal",
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "source": {"component": "kubenas"},
        "reportingComponent": "kubenas",
        "reportingInstance": about["name"],
    }
