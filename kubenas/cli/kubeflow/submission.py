"""``kubenas submit``: starts a run of a search.yaml on Kubeflow."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import kfp_server_api as api

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.connection import Connection
from kubenas.cli.kubeflow.output_check import check_output
from kubenas.cli.kubeflow.pipeline_version import (
    PipelineVersion,
    ensure_experiment,
    ensure_version,
)
from kubenas.cli.kubeflow.portable import as_shipped, check_portable, ship
from kubenas.cli.kubeflow.server import Server
from kubenas.cli.kubeflow.server_errors import ServerFailed, ServerUnavailable
from kubenas.cli.kubeflow.waiting.follow_run import OutputSnapshot, follow
from kubenas.cli.package import package_text
from kubenas.cli.step_image import StepImage
from kubenas.config import load_config
from kubenas.config.form import to_form
from kubenas.config.parameters import Scalar


@dataclass(frozen=True)
class RunSettings:
    """Settings of a run besides the config. None selects the default."""

    experiment: str | None = None
    pipeline_root: str | None = None
    service_account: str | None = None
    image: StepImage = field(default_factory=StepImage)


def submit_run(
    file: Path, settings: RunSettings, connection: Connection, answer: Answer, *, wait: bool
) -> None:
    """Starts a run of the search.yaml ``file`` and, with ``wait``, waits for its end.

    Raises:
        UserError: the config or the settings are invalid, or the server rejected a request.
        ServerFailed, ServerUnavailable: the server failed or does not respond.
        SearchFailed: the run failed, with ``wait``.
        Interrupted: a signal ended the waiting; the run continues.
    """
    config = load_config(file)
    check_portable(config, file)
    package = package_text(settings.image.resolve_required())
    check_output(config, answer)
    server = Server(connection)
    ship(config)
    version = ensure_version(server, package)
    experiment = ensure_experiment(server, settings.experiment or config.name)
    before = OutputSnapshot.of(config.output) if wait else None
    body = run_body(
        name=f"{config.name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        experiment=experiment,
        version=version,
        parameters=to_form(as_shipped(config)),
        settings=settings,
    )
    run = _created_once(server, body)
    page = server.run_page(run)
    answer.line(
        f"pipeline    {version.name} ({'uploaded' if version.uploaded else 'already uploaded'})"
    )
    answer.line(f"run         {body.display_name}")
    answer.line(f"see         {page}")
    answer.put({"run": run, "url": page, "experiment": experiment, "version": version.name})
    answer.put({"uploaded": version.uploaded})
    if before is not None:
        follow(lambda: Server(connection), run, before, answer)


def run_body(
    *,
    name: str,
    experiment: str,
    version: PipelineVersion,
    parameters: Mapping[str, Scalar],
    settings: RunSettings,
) -> api.V2beta1Run:
    """Builds the request for a run, with a unique id in the description."""
    return api.V2beta1Run(
        display_name=name,
        description=f"Submitted by kubenas ({uuid.uuid4()})",
        experiment_id=experiment,
        pipeline_version_reference=version.reference,
        runtime_config=api.V2beta1RuntimeConfig(
            parameters=dict(parameters), pipeline_root=settings.pipeline_root
        ),
        service_account=settings.service_account,
    )


def _created_once(server: Server, body: api.V2beta1Run) -> str:
    """Creates the run. After a failure, checks whether the server created it nevertheless."""
    try:
        return server.create_run(body)
    except (ServerUnavailable, ServerFailed):
        for run in server.runs(body.experiment_id, body.display_name):
            if run.get("description") == body.description:
                return str(run["run_id"])
        raise
