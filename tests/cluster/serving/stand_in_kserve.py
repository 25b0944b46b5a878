"""Stands in for KServe's controller and TensorFlow Serving: real models, real HTTP, in a thread.

It watches the InferenceServices of a namespace, loads their SavedModels from the object store with
TensorFlow, serves them by the V1 protocol on ports of this machine, and writes the status as KServe
does, on Knative (revisions, traffic, tags) or in Standard mode (pods that are replaced one by one).
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import tensorflow as tf

from kubenas.errors import KubenasError
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable
from kubenas.storage import open_storage

_LOOK_SECONDS = 0.1

Predict = Callable[[Any], list[list[float]]]


def load_model(uri: str) -> Predict:
    """The SavedModel under ``1/`` at ``uri``, as TensorFlow Serving finds it."""
    loaded = tf.saved_model.load(str(open_storage(uri).stage("1")))
    signature = loaded.signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]

    def predict(instances: Any) -> list[list[float]]:
        (values,) = signature(**{name: tf.constant(instances, tf.float32)}).values()
        return values.numpy().tolist()

    predict.loaded = loaded  # type: ignore[attr-defined]  # it must outlive its signature
    return predict


@dataclass
class Revision:
    """A model as a service once had it."""

    name: str
    template: Mapping[str, Any]
    ready_at: float
    model: Predict | None = None
    failure: str = ""
    url: str = ""

    @property
    def ready(self) -> bool:
        return self.model is not None and time.monotonic() >= self.ready_at


@dataclass
class Service:
    """What is known of one InferenceService."""

    url: str = ""
    models: Callable[[], Predict | None] = lambda: None
    """The model that answers the next request."""
    revisions: list[Revision] = field(default_factory=list)
    rolled_out: Revision | None = None

    def predict(self) -> Predict | None:
        return self.models()


class StandInKserve:
    """Serves until it is closed.

    Args:
        api: with the rights of a cluster's administrator.
        namespace: whose services it serves.
        knative: with revisions; else in Standard mode.
        ready_seconds: that a model takes to be ready.
        rolling_seconds: in Standard mode, that old and new pods answer in turn.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        *,
        knative: bool = False,
        ready_seconds: float = 0.0,
        rolling_seconds: float = 0.0,
    ) -> None:
        self.knative = knative
        self.ready_seconds = ready_seconds
        self.rolling_seconds = rolling_seconds
        self.requests: list[str] = []
        """Where each request was answered: a service's name or a revision's."""
        self._api = api
        self._path = f"/apis/serving.kserve.io/v1beta1/namespaces/{namespace}/inferenceservices"
        self._services: dict[str, Service] = {}
        self._servers = ExitStack()

    def run_until(self, closed: threading.Event) -> None:
        with self._servers:
            while not closed.wait(_LOOK_SECONDS):
                listed = self._listed()
                for gone in self._services.keys() - {each["metadata"]["uid"] for each in listed}:
                    del self._services[gone]
                for found in listed:
                    self._reconcile(found)

    def _listed(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._api.call("GET", self._path)["items"]
        except ApiUnavailable:  # what is behind a kind that has just been installed is being set up
            return []
        except ApiRefused as error:
            if error.status != 404:  # it is not even known yet
                raise
            return []
        return found

    def _reconcile(self, found: Mapping[str, Any]) -> None:
        metadata, predictor = found["metadata"], found["spec"]["predictor"]
        service = self._services.get(metadata["uid"]) or self._new_service(metadata)
        template = {**predictor, "labels": metadata["labels"]}
        percent = template.pop("canaryTrafficPercent", None)
        if not service.revisions or service.revisions[-1].template != template:
            service.revisions.append(self._new_revision(metadata["name"], service, template))
        status = self._knative(service, percent) if self.knative else self._standard(service)
        if found.get("status") != status:
            self._write(metadata, status)

    def _new_service(self, metadata: Mapping[str, Any]) -> Service:
        service = Service()
        service.url = self._serve(metadata["name"], metadata["name"], service.predict)
        self._services[metadata["uid"]] = service
        return service

    def _new_revision(self, name: str, service: Service, template: Mapping[str, Any]) -> Revision:
        revision = Revision(
            f"{name}-predictor-{len(service.revisions) + 1:05d}",
            template,
            time.monotonic() + self.ready_seconds,
        )
        try:
            revision.model = load_model(template["model"]["storageUri"])
        except (KubenasError, OSError, ValueError) as error:
            revision.failure = str(error)
        revision.url = self._serve(name, revision.name, lambda: revision.model)
        return revision

    def _standard(self, service: Service) -> dict[str, Any]:
        """Old pods serve until new ones are ready; a model that cannot be loaded never is."""
        newest, before = service.revisions[-1], service.rolled_out
        if newest.ready and newest is not before:
            rolling = time.monotonic() < newest.ready_at + self.rolling_seconds
            if before and rolling:
                turns = itertools.cycle([before.model, newest.model])
                service.models = lambda: next(turns)
            else:
                service.rolled_out = newest
                service.models = lambda: newest.model
        return self._status(service, bool(service.rolled_out), newest.failure)

    def _knative(self, service: Service, percent: int | None) -> dict[str, Any]:
        newest, rolled_out = service.revisions[-1], service.rolled_out
        ready = next((each for each in reversed(service.revisions) if each.ready), None)
        share = 100 if percent is None or rolled_out is None else percent
        if ready and share == 100:
            service.rolled_out = rolled_out = ready
        if ready and rolled_out:
            turns = itertools.cycle([ready] * share + [rolled_out] * (100 - share))
            service.models = lambda: next(turns).model
        status = self._status(service, ready is newest, newest.failure)
        if ready and rolled_out:
            status["components"] = {"predictor": _traffic(newest, ready, rolled_out, share)}
        return status

    def _status(self, service: Service, ready: bool, failure: str) -> dict[str, Any]:
        status: dict[str, Any] = {
            "deploymentMode": "Knative" if self.knative else "Standard",
            "conditions": [{"type": "Ready", "status": str(ready)}],
        }
        if failure:
            info = {"reason": "ModelLoadFailed", "message": failure}
            status["modelStatus"] = {"lastFailureInfo": info}
        if service.rolled_out:
            status |= {"url": service.url, "address": {"url": service.url}}
        return status

    def _write(self, metadata: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        path = f"{self._path}/{metadata['name']}"
        try:
            now = self._api.call("GET", path)
            if now["metadata"]["uid"] == metadata["uid"]:
                self._api.call("PUT", f"{path}/status", body={**now, "status": status})
        except ApiRefused as error:
            if error.status not in {404, 409}:  # the next look sees what it has become
                raise

    def _serve(self, model: str, name: str, models: Callable[[], Predict | None]) -> str:
        """The URL at which ``model`` answers from now on."""
        server = _Server(model, models, lambda: self.requests.append(name))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self._servers.callback(server.server_close)
        self._servers.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"


def _traffic(newest: Revision, ready: Revision, rolled_out: Revision, share: int) -> dict[str, Any]:
    latest = {
        "revisionName": ready.name,
        "latestRevision": True,
        "percent": share,
        "tag": "latest",
        "url": ready.url,
    }
    previous = {"revisionName": rolled_out.name, "percent": 100 - share, "tag": "prev"}
    return {
        "latestCreatedRevision": newest.name,
        "latestReadyRevision": ready.name,
        "latestRolledoutRevision": rolled_out.name,
        "traffic": [latest] if share == 100 else [latest, previous],
    }


class _Server(ThreadingHTTPServer):
    def __init__(
        self, name: str, models: Callable[[], Predict | None], asked: Callable[[], None]
    ) -> None:
        self.path = f"/v1/models/{name}:predict"
        self.models = models
        self.asked = asked
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked()
        model = self.server.models()
        if self.path != self.server.path:
            self._answer(404, {"error": f"no model at {self.path}"})
        elif model is None:
            self._answer(503, {"error": "the model is not loaded"})
        else:
            self._answer(200, {"predictions": model(json.loads(body)["instances"])})

    def _answer(self, status: int, content: Mapping[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def serving(kserve: StandInKserve) -> Iterator[StandInKserve]:
    """``kserve`` at work."""
    closed = threading.Event()
    thread = threading.Thread(target=kserve.run_until, args=(closed,))
    thread.start()
    try:
        yield kserve
    finally:
        closed.set()
        thread.join()
