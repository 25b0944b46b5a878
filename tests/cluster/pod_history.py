"""What became of the pods of a namespace, those too that are gone by now."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.cluster.namespace import Namespace

Pod = Mapping[str, Any]


@contextmanager
def pod_history(namespace: Namespace, selector: str) -> Iterator[dict[str, list[Pod]]]:
    """All states of each pod that the selector matches, by the pod's uid, as they come."""
    seen: dict[str, list[Pod]] = {}
    command = ["kubectl", "-n", namespace.name, "get", "pods", "--watch", "-l", selector]
    watch = subprocess.Popen(
        [*command, "--output=jsonpath={@}{'\\n'}"], stdout=subprocess.PIPE, text=True
    )

    def follow() -> None:
        assert watch.stdout is not None
        for line in watch.stdout:
            pod = json.loads(line)
            seen.setdefault(pod["metadata"]["uid"], []).append(pod)

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    try:
        yield seen
    finally:
        watch.terminate()
        watch.wait()
        reader.join()


def most_at_once(histories: Mapping[str, list[Pod]]) -> int:
    """How many of the pods were running at the same time, at the most."""
    changes = []
    for states in histories.values():
        ran = [state["status"]["containerStatuses"][0]["state"] for state in states if _ran(state)]
        ended = next((state["terminated"] for state in ran if "terminated" in state), None)
        if ended:
            changes += [(ended["startedAt"], 1), (ended["finishedAt"], -1)]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def _ran(pod: Pod) -> bool:
    return bool(pod["status"].get("containerStatuses"))
