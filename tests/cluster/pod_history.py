"""History of the pods of a namespace, including deleted ones."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.cluster.namespace import Namespace

Pod = Mapping[str, Any]


class _Watch(threading.Thread):
    """Watches until it is stopped; reconnects if the API server is unavailable."""

    def __init__(self, namespace: Namespace, selector: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, list[Pod]] = {}
        self._command = [
            *("kubectl", "--namespace", namespace.name, "get", "pods", "--selector", selector),
            *("--watch", "--output=jsonpath={@}{'\\n'}"),
        ]
        self._stopped = threading.Event()
        self._watch: subprocess.Popen[str] | None = None

    def run(self) -> None:
        while not self._stopped.wait(0.5):
            self._watch = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            assert self._watch.stdout is not None
            for line in self._watch.stdout:
                pod = json.loads(line)
                self.seen.setdefault(pod["metadata"]["uid"], []).append(pod)
            self._watch.wait()

    def stop(self) -> None:
        self._stopped.set()
        while self.is_alive():
            if self._watch is not None:
                self._watch.terminate()
            self.join(0.2)


@contextmanager
def pod_history(namespace: Namespace, selector: str) -> Iterator[Mapping[str, list[Pod]]]:
    """Yields all observed states of the selected pods, by uid, updated continuously."""
    watch = _Watch(namespace, selector)
    watch.start()
    try:
        yield watch.seen
    finally:
        watch.stop()


def most_at_once(histories: Mapping[str, list[Pod]]) -> int:
    """Returns the maximum number of pods that ran at the same time."""
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
