"""Access to the objects of a Kubeflow Pipelines server.

Each method raises the errors of :meth:`kubenas.cli.kubeflow.client.PipelinesClient.ask`.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import kfp_server_api as api

from kubenas.cli.kubeflow.client import JsonObject, connect
from kubenas.cli.kubeflow.connection import Connection
from kubenas.cli.kubeflow.run_states import ENDED
from kubenas.cli.kubeflow.server_errors import NotFound, ServerFailed
from kubenas.errors import UserError

_PAGE = 100


class Server:
    """A server, restricted to one namespace if it is multi-user.

    Raises:
        UserError: a multi-user server without a namespace; or see :func:`connect`.
    """

    def __init__(self, connection: Connection) -> None:
        self._client = connect(connection)
        self.namespace = connection.namespace or self._client.get_user_namespace() or None
        if self.namespace is None and self._client.get_kfp_healthz().multi_user:
            raise UserError("--namespace: required, because this Kubeflow is multi-user")

    def run_page(self, run_id: str) -> str:
        """Returns the URL of a run in the user interface."""
        return f"{self._client.page}/#/runs/details/{run_id}"

    def recurring_run_page(self, recurring_run_id: str) -> str:
        """Returns the URL of a recurring run in the user interface."""
        return f"{self._client.page}/#/recurringrun/details/{recurring_run_id}"

    def pipeline(self, name: str) -> str | None:
        """Returns the id of the pipeline with this name."""
        call = self._client.pipelines.pipeline_service_list_pipelines
        named = self._in_namespace(filter=_equals("name", name))
        return _only(
            self._list("looking for the pipeline", call, "pipelines", named), "pipeline_id"
        )

    def create_pipeline(self, name: str, description: str) -> str:
        """Creates a pipeline without versions. Returns its id."""
        body = api.V2beta1Pipeline(
            name=name, display_name=name, description=description, namespace=self.namespace
        )
        call = self._client.pipelines.pipeline_service_create_pipeline
        return _id(self._client.ask("creating the pipeline", call, body), "pipeline_id")

    def version(self, pipeline: str, name: str) -> str | None:
        """Returns the id of the version with this name."""
        call = self._client.pipelines.pipeline_service_list_pipeline_versions
        named = {"pipeline_id": pipeline, "filter": _equals("name", name)}
        operation = "looking for the pipeline's version"
        return _only(self._list(operation, call, "pipeline_versions", named), "pipeline_version_id")

    def version_name(self, pipeline: str, version: str) -> str:
        """Returns the name of a version."""
        call = self._client.pipelines.pipeline_service_get_pipeline_version
        found = self._client.ask("reading the pipeline's version", call, pipeline, version)
        return str(found.get("display_name") or found.get("name") or version)

    def upload_version(self, pipeline: str, name: str, text: str) -> str:
        """Uploads the package ``text`` as a version. Returns its id."""
        call = self._client.pipeline_uploads.upload_pipeline_version
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "nas.yaml"
            package.write_text(text, encoding="utf-8")
            made = self._client.ask(
                "uploading the pipeline", call, str(package), name=name, pipelineid=pipeline
            )
        return _id(made, "pipeline_version_id")

    def experiment(self, name: str) -> str | None:
        """Returns the id of the experiment with this name."""
        call = self._client.experiments.experiment_service_list_experiments
        named = self._in_namespace(filter=_equals("display_name", name))
        found = self._list("looking for the experiment", call, "experiments", named)
        return _only(found, "experiment_id")

    def create_experiment(self, name: str) -> str:
        """Creates an experiment. Returns its id."""
        body = api.V2beta1Experiment(display_name=name, namespace=self.namespace)
        call = self._client.experiments.experiment_service_create_experiment
        return _id(self._client.ask("creating the experiment", call, body), "experiment_id")

    def experiment_name(self, experiment: str) -> str:
        """Returns the name of an experiment."""
        call = self._client.experiments.experiment_service_get_experiment
        found = self._client.ask("reading the experiment", call, experiment)
        return str(found.get("display_name") or experiment)

    def create_run(self, body: api.V2beta1Run) -> str:
        """Starts a run. Returns its id."""
        call = self._client.runs.run_service_create_run
        return _id(self._client.ask("creating the run", call, body), "run_id")

    def runs(self, experiment: str, name: str) -> list[JsonObject]:
        """Lists the runs with this name in an experiment."""
        call = self._client.runs.run_service_list_runs
        named = {"experiment_id": experiment, "filter": _equals("display_name", name)}
        return list(self._list("looking for the run", call, "runs", named))

    def run(self, run_id: str) -> JsonObject:
        """Returns a run with the states of its tasks."""
        call = self._client.runs.run_service_get_run
        return self._client.ask("following the run", call, run_id)

    def runs_in_flight(self, recurring_run_id: str) -> list[str]:
        """Returns the ids of the active runs of a recurring run."""
        call = self._client.runs.run_service_list_runs
        not_ended = [("state", "NOT_EQUALS", state) for state in ENDED]
        chosen = _filter(("recurring_run_id", "EQUALS", recurring_run_id), *not_ended)
        named = self._in_namespace(filter=chosen)
        found = self._list("listing active runs", call, "runs", named)
        return [_id(run, "run_id") for run in found]

    def workflow(self, run_id: str) -> JsonObject:
        """Returns the Argo workflow of a run, which version 2 of the API does not contain."""
        operation, path = "reading the run's workflow", f"/apis/v1beta1/runs/{run_id}"
        found = self._client.ask(operation, self._client.get, path).get("pipeline_runtime") or {}
        content: JsonObject = json.loads(found.get("workflow_manifest") or "{}")
        return content

    def log(self, run_id: str, pod: str, namespace: str) -> str | None:
        """Returns the end of the log of a run's pod; None if the server has no log."""
        # The API usually serves the first path once the pod has ended and Argo has stored the log.
        # Only the second path is available through the user interface.
        for path in (
            f"/apis/v1alpha1/runs/{run_id}/nodes/{pod}/log",
            f"/k8s/pod/logs?podname={pod}&podnamespace={namespace}",
        ):
            with suppress(NotFound, ServerFailed):
                text = self._client.tail("reading the step's log", path)
                if not text.startswith('{"error_message"'):  # errors have status 200 too
                    return text
        return None

    def create_recurring_run(self, body: api.V2beta1RecurringRun) -> str:
        """Creates a recurring run. Returns its id."""
        call = self._client.recurring_runs.recurring_run_service_create_recurring_run
        return _id(self._client.ask("creating the recurring run", call, body), "recurring_run_id")

    def recurring_runs(self, name: str | None = None) -> list[JsonObject]:
        """Lists all recurring runs, or those with this name."""
        call = self._client.recurring_runs.recurring_run_service_list_recurring_runs
        named = (
            self._in_namespace()
            if name is None
            else self._in_namespace(filter=_equals("display_name", name))
        )
        return list(self._list("listing recurring runs", call, "recurringRuns", named))

    def enable(self, recurring_run_id: str) -> None:
        """Enables a recurring run."""
        call = self._client.recurring_runs.recurring_run_service_enable_recurring_run
        self._client.ask("enabling the recurring run", call, recurring_run_id)

    def disable(self, recurring_run_id: str) -> None:
        """Disables a recurring run."""
        call = self._client.recurring_runs.recurring_run_service_disable_recurring_run
        self._client.ask("disabling the recurring run", call, recurring_run_id)

    def delete(self, recurring_run_id: str) -> None:
        """Deletes a recurring run, with the workflow and the pods of an active run."""
        call = self._client.recurring_runs.recurring_run_service_delete_recurring_run
        # Servers from 2.16 keep the workflow with this policy; older servers ignore it.
        named = {"propagation_policy": "ORPHAN"}
        self._client.ask("deleting the recurring run", call, recurring_run_id, **named)

    def _in_namespace(self, **named: Any) -> dict[str, Any]:
        return named if self.namespace is None else {**named, "namespace": self.namespace}

    def _list(
        self, operation: str, call: Callable[..., Any], key: str, named: dict[str, Any]
    ) -> Iterator[JsonObject]:
        token = ""
        while True:
            page = self._client.ask(operation, call, page_size=_PAGE, page_token=token, **named)
            yield from page.get(key) or []
            token = page.get("next_page_token") or ""
            if not token:
                return


def _equals(key: str, value: str) -> str:
    return _filter((key, "EQUALS", value))


def _filter(*predicates: tuple[str, str, str]) -> str:
    names = ("key", "operation", "string_value")
    return json.dumps({"predicates": [dict(zip(names, each, strict=True)) for each in predicates]})


def _only(found: Iterator[JsonObject], key: str) -> str | None:
    first = next(found, None)
    return None if first is None else _id(first, key)


def _id(answer: JsonObject, key: str) -> str:
    if not answer.get(key):
        raise ServerFailed(
            f"the response has no {key}; check that the server is Kubeflow Pipelines 2"
        )
    return str(answer[key])
