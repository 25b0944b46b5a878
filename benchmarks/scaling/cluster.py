"""A namespace with pods on simulated nodes, and the writer of their results."""

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.client.connection import connect
from kubenas.scheduling.kubernetes.client.watch import Change, Deleted, Listed, Observed, Watch
from kubenas.storage import open_storage, split
from kubenas.trial import NONCE_VARIABLE, AttemptSpec, Outcome, Result

TRIALS = "app.kubernetes.io/component=trial"


@contextmanager
def namespace(api: Api) -> Iterator[str]:
    """Creates a namespace, and deletes it at the end."""
    name = f"kubenas-scale-{uuid.uuid4().hex[:8]}"
    api.call("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
    try:
        yield name
    finally:
        api.call("DELETE", f"/api/v1/namespaces/{name}")


def kubeconfig(name: str, file: Path) -> None:
    """Writes the configured kubeconfig to ``file``, for the namespace ``name``."""
    content = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8"))
    for context in content["contexts"]:
        context["context"]["namespace"] = name
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def observer() -> Api:
    """Returns an API connection that is neither counted nor rate-limited."""
    return Api(connect(), per_second=10_000, burst=10_000)


class Trials:
    """Writes the result of each pod as soon as the pod runs, and records the ends of pods."""

    def __init__(self, api: Api, name: str) -> None:
        self.ended: dict[str, float] = {}
        """Seconds since the epoch at which each pod's end was seen, by spec URI."""
        self._done: set[str] = set()
        path = f"/api/v1/namespaces/{name}/pods"
        self._watch = Watch(api, path, selector=TRIALS, view=_phase, on_change=self._take)

    def close(self) -> None:
        """Ends the watch."""
        self._watch.close()

    def _take(self, change: Change[tuple[str, str, str]]) -> None:
        for spec, nonce, phase in _views(change):
            if phase == "Running" and spec not in self._done:
                self._done.add(spec)
                _work(spec, nonce)
            if phase in ("Succeeded", "Failed"):
                self.ended.setdefault(spec, time.time())


class Jobs:
    """Records when Jobs were created."""

    def __init__(self, api: Api, name: str) -> None:
        self.made: dict[str, float] = {}
        """Seconds since the epoch at which each Job was created, by uid."""
        path = f"/apis/batch/v1/namespaces/{name}/jobs"
        self._watch = Watch(api, path, selector=TRIALS, view=_uid, on_change=self._take)

    def close(self) -> None:
        """Ends the watch."""
        self._watch.close()

    def _take(self, change: Change[str]) -> None:
        for uid in _views(change):
            self.made.setdefault(uid, time.time())


def _work(spec_uri: str, nonce: str) -> None:
    folder, name = split(spec_uri)
    storage = open_storage(folder)
    spec = AttemptSpec.from_json(storage.read(name))
    result = Result(
        task=spec.task,
        trial=spec.trial,
        attempt=spec.attempt,
        outcome=Outcome.COMPLETED,
        score=float(spec.hyperparameters["values"]["x"]),
        epochs=1,
        seconds=1.0,
        nonce=nonce,
    )
    storage.write("result.json", result.to_json())


def _views(change: Change[Any]) -> tuple[Any, ...]:
    match change:
        case Listed(views=views):
            return views
        case Observed(view=view) | Deleted(view=view):
            return (view,)
    return ()


def _phase(pod: Mapping[str, Any]) -> tuple[str, str, str]:
    """Returns the spec URI, the attempt's nonce and the phase of a pod."""
    container = pod["spec"]["containers"][0]
    environment = {each["name"]: each.get("value", "") for each in container["env"]}
    phase = pod["status"].get("phase", "")
    return str(container["command"][-1]), environment[NONCE_VARIABLE], phase


def _uid(job: Mapping[str, Any]) -> str:
    return str(job["metadata"]["uid"])
