"""The few words that ``kubectl describe`` and ``kubectl get events`` show of a step. Pure."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LENGTH = 1000


def event_about(
    pod: Mapping[str, Any], reason: str, message: str, *, warning: bool = False
) -> dict[str, Any]:
    """An Event about ``pod``.

    Args:
        pod: as the API server has it.
        reason: one word in CamelCase.
        message: one line for people.
        warning: whether someone should look.
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
