"""A server that speaks Kubeflow Pipelines' v2beta1 API over HTTP, from memory.

What it knows it has from the API server's sources, release 2.17.0: names of pipelines, versions and
experiments are unique, those of runs and recurring runs are not; lists come in pages and with
filters; numbers in parameters come back as floating-point ones; a recurring run without a service
account gets one; cron expressions have six fields, and a recurring run never changes. It runs
nothing: a test says how a run goes on.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.pipelines.kubeflow.objects import (
    NotFound,
    Object,
    begun,
    checked,
    found,
    matches,
    refused,
    stored,
)

API = "/apis/v2beta1"


class _WithoutLog(WSGIRequestHandler):
    """Logs nothing, since the tests read the stderr of this process."""

    def log(self, *_: object) -> None:
        pass


class KubeflowPipelines:
    """The fake server: its objects, the received requests and the injected failures."""

    def __init__(self) -> None:
        self.pipelines: list[Object] = []
        self.versions: list[Object] = []
        self.packages: dict[str, str] = {}
        self.experiments: list[Object] = []
        self.runs: list[Object] = []
        self.recurring: list[Object] = []
        self.asked: list[str] = []
        """Methods and paths, in order."""
        self.multi_user = False
        self.behind_ui = False
        """Whether it is reached through the user interface, which passes not everything on."""
        self.sign_in_page = False
        """In place of the API, as a proxy shows to those who are not signed in."""
        self.tokens: set[str] | None = None
        """Those that are let in; None: everybody is."""
        self.shown: set[str] = set()
        """What requests had as their Authorization."""
        self.elsewhere: str | None = None
        """URL of the server that it sends everybody to; None: nobody."""
        self.fail: dict[str, list[int]] = {}
        """Pattern of method and path -> statuses that the next such requests end with; 0: well."""
        self.fail_after: dict[str, list[int]] = {}
        """The same, but the request is carried out all the same."""
        self.switches: list[tuple[str, int]] = []
        """After each change of a recurring run: what, and how many are on."""
        self.workflows: dict[str, Object] = {}
        """Argo's manifests of runs, by id."""
        self.logs: dict[str, bytes] = {}
        """Of pods, by name."""
        self.killed: list[str] = []
        """Runs whose workflow went with the recurring run that had started them; the server goes on
        saying that they run."""

    def count(self, method: str, path: str) -> int:
        """Number of such requests."""
        return Counter(self.asked)[f"{method} {API}{path}"]

    @contextmanager
    def serving(self, certificate: tuple[str, str] | None = None) -> Iterator[str]:
        """Serves on this machine, with a certificate and its key over TLS; gives the URL."""
        server = make_server(
            "localhost",
            0,
            self._application(),
            threaded=True,
            request_handler=_WithoutLog,
            ssl_context=certificate,
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            scheme = "https" if certificate else "http"
            yield f"{scheme}://localhost:{server.port}"
        finally:
            server.shutdown()
            thread.join()

    def _application(self) -> Flask:
        app = Flask("kubeflow-pipelines")
        app.before_request(self._admitted)
        app.after_request(self._spoiled)
        app.register_error_handler(NotFound, lambda error: refused(404, 5, str(error)))
        app.register_error_handler(ValueError, lambda error: refused(400, 3, str(error)))
        app.register_error_handler(404, lambda _: ("<html>no such page</html>", 404))
        routes: list[tuple[str, str, Any]] = [
            ("GET", "/healthz", lambda: {"multi_user": self.multi_user}),
            ("GET", "/pipelines", lambda: self._page(self.pipelines, "pipelines")),
            ("POST", "/pipelines", self._create_pipeline),
            ("POST", "/pipelines/upload_version", self._upload),
            ("GET", "/pipelines/<pipeline>/versions", self._list_versions),
            ("GET", "/pipelines/<pipeline>/versions/<version>", self._version),
            ("GET", "/experiments", lambda: self._page(self.experiments, "experiments")),
            ("GET", "/experiments/<key>", self._experiment),
            ("POST", "/experiments", self._create_experiment),
            ("GET", "/runs", lambda: self._page(self.runs, "runs")),
            ("GET", "/runs/<key>", lambda key: found(self.runs, "run_id", key)),
            ("POST", "/runs", self._create_run),
            ("GET", "/apis/v1beta1/runs/<key>", self._old_run),
            ("GET", "/apis/v1alpha1/runs/<key>/nodes/<pod>/log", self._log),
            ("GET", "/k8s/pod/logs", self._log_of_ui),
            ("GET", "/recurringruns", lambda: self._page(self.recurring, "recurringRuns")),
            ("POST", "/recurringruns", self._create_recurring),
            ("POST", "/recurringruns/<key>:<verb>", self._switch),
            ("DELETE", "/recurringruns/<key>", self._delete),
        ]
        for number, (method, path, view) in enumerate(routes):
            rule = path if path.startswith(("/apis/", "/k8s/")) else f"{API}{path}"
            app.add_url_rule(rule, f"{number}", view, methods=[method])
        return app

    def _admitted(self) -> Any:
        self.asked.append(f"{request.method} {request.path}")
        self.shown.add(request.headers.get("Authorization", ""))
        if self.elsewhere:
            return Response(status=307, headers={"Location": self.elsewhere + request.full_path})
        if self.sign_in_page:
            return "<html>Sign in</html>"
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens is not None and token not in self.tokens:
            return refused(401, 16, "Request header error: the token has expired")
        return self._planned(self.fail)

    def _spoiled(self, response: Response) -> Response:
        if response.status_code < 300 and (planned := self._planned(self.fail_after)):
            body, status = planned
            return Response(json.dumps(body), status, content_type="application/json")
        return response

    def _planned(self, plans: dict[str, list[int]]) -> Any:
        for pattern, statuses in plans.items():
            if statuses and re.match(pattern, f"{request.method} {request.path}"):
                status = statuses.pop(0)
                return refused(status, 13, "Internal error\nof the database") if status else None
        return None

    def _page(self, objects: list[Object], key: str) -> Any:
        chosen = [each for each in objects if matches(each)]
        start = int(request.args.get("page_token") or 0)
        end = start + min(int(request.args.get("page_size") or 20), 3)  # small pages
        more = {"next_page_token": str(end)} if end < len(chosen) else {}
        return {key: chosen[start:end], "total_size": len(chosen), **more}

    def _create_pipeline(self) -> Any:
        body = checked("V2beta1Pipeline", required=("name", "display_name"))
        if any(each["name"] == body["name"] for each in self.pipelines):
            return refused(409, 6, f"Already exist error: the name {body['name']} is taken")
        return stored(self.pipelines, body, "pipeline_id")

    def _upload(self) -> Any:
        pipeline, name = request.args["pipelineid"], request.args["name"]
        text = request.files["uploadfile"].read().decode()
        if next(iter(yaml.safe_load_all(text)))["pipelineInfo"]["name"] != "kubenas":
            return refused(400, 3, "not a pipeline")
        of_it = [each for each in self.versions if each["pipeline_id"] == pipeline]
        if any(each["name"] == name for each in of_it):
            return {"error_message": "Failed to create a pipeline version"}, 409
        version = {"pipeline_id": pipeline, "name": name, "display_name": name}
        version = stored(self.versions, version, "pipeline_version_id")
        self.packages[version["pipeline_version_id"]] = text
        return version

    def _list_versions(self, pipeline: str) -> Any:
        of_it = [each for each in self.versions if each["pipeline_id"] == pipeline]
        return self._page(of_it, "pipeline_versions")

    def _version(self, pipeline: str, version: str) -> Any:
        assert pipeline
        return found(self.versions, "pipeline_version_id", version)

    def _experiment(self, key: str) -> Any:
        return found(self.experiments, "experiment_id", key)

    def _create_experiment(self) -> Any:
        body = checked("V2beta1Experiment", required=("display_name",))
        if any(each["display_name"] == body["display_name"] for each in self.experiments):
            return refused(409, 6, "Already exist error: the experiment exists")
        return stored(self.experiments, body, "experiment_id")

    def _create_run(self) -> Any:
        body = checked("V2beta1Run", required=("display_name", "experiment_id"))
        self._check_inputs(body)
        return stored(self.runs, {**body, **begun()}, "run_id")

    def fire(self, recurring: Object) -> Object:
        """Starts a run as the schedule's controller does."""
        content = {
            "display_name": f"{recurring['display_name']}-1-1",
            "experiment_id": recurring["experiment_id"],
            "recurring_run_id": recurring["recurring_run_id"],
        }
        return stored(self.runs, {**content, **begun()}, "run_id")

    def _old_run(self, key: str) -> Any:
        run = found(self.runs, "run_id", key)
        manifest = json.dumps(self.workflows.get(key, {}))
        return {"run": {"id": run["run_id"]}, "pipeline_runtime": {"workflow_manifest": manifest}}

    def _log(self, key: str, pod: str) -> Any:
        found(self.runs, "run_id", key)
        if self.behind_ui:
            return "<html>no such page</html>", 404
        if pod in self.logs:
            return self.logs[pod]
        # It has sent its status before it knows; the archive's failure hides the pod's.
        message = f"Failed to read logs for run {key}: the specified key does not exist"
        return json.dumps({"error_message": message, "error_details": message})

    def _log_of_ui(self) -> Any:
        pod = request.args["podname"]
        if not self.behind_ui:
            return "<html>no such page</html>", 404
        if not request.args["podnamespace"] or pod not in self.logs:
            return "Could not get main container logs: the key does not exist", 500
        return self.logs[pod]

    def _create_recurring(self) -> Any:
        required = ("display_name", "experiment_id", "trigger", "max_concurrency")
        body = checked("V2beta1RecurringRun", required=required)
        self._check_inputs(body)
        trigger = body["trigger"]
        if len(trigger) != 1:
            raise ValueError("trigger: give one")
        cron = trigger.get("cron_schedule", {}).get("cron", "0 0 0 1 1 *")
        if len(cron.split()) != 6:
            raise ValueError(f"cron: {cron!r} would be misread")
        if not 1 <= int(body["max_concurrency"]) <= 10:
            raise ValueError("max_concurrency")
        body.setdefault("service_account", "pipeline-runner")
        made = stored(self.recurring, body, "recurring_run_id")
        self._note("create")
        return made

    def _check_inputs(self, body: Object) -> None:
        """Checks that the version exists and has these parameters."""
        found(self.experiments, "experiment_id", body["experiment_id"])
        reference = body["pipeline_version_reference"]
        version = found(self.versions, "pipeline_version_id", reference["pipeline_version_id"])
        spec, *_ = yaml.safe_load_all(self.packages[version["pipeline_version_id"]])
        inputs = spec["root"]["inputDefinitions"]["parameters"]
        given = body["runtime_config"]["parameters"]
        if missing := {n for n, i in inputs.items() if "defaultValue" not in i} - given.keys():
            raise ValueError(f"parameters: {missing} must be given")
        if unknown := given.keys() - inputs.keys():
            raise ValueError(f"parameters: {unknown} are unknown")
        for name, value in given.items():
            if type(value) is int:
                given[name] = float(value)  # as a protobuf value is

    def _switch(self, key: str, verb: str) -> Any:
        recurring = found(self.recurring, "recurring_run_id", key)
        recurring["mode"] = {"enable": "ENABLE", "disable": "DISABLE"}[verb]
        self._note(verb)
        return {}

    def _delete(self, key: str) -> Any:
        recurring = found(self.recurring, "recurring_run_id", key)
        self._note("delete one that is on" if recurring["mode"] == "ENABLE" else "delete")
        self.recurring.remove(recurring)
        of_it = [run for run in self.runs if run.get("recurring_run_id") == key]
        self.killed += [run["run_id"] for run in of_it if run["state"] in ("PENDING", "RUNNING")]
        return {}

    def _note(self, verb: str) -> None:
        self.switches.append((verb, sum(each["mode"] == "ENABLE" for each in self.recurring)))
