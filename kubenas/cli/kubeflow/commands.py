"""Arguments and help texts of ``kubenas submit`` and ``kubenas schedule``."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kubenas.cli.answer import JSON_OPTION, answering
from kubenas.cli.kubeflow.connection import Connection
from kubenas.cli.step_image import StepImage, image_options

_FILE = click.Path(path_type=Path)
_SERVER = (
    click.option(
        "--host",
        help="URL of Kubeflow Pipelines; default: KF_PIPELINES_ENDPOINT, or the service of the"
        " cluster when run in a pod.",
    ),
    click.option("--namespace", help="Your namespace, in a multi-user Kubeflow."),
    click.option(
        "--token-file",
        type=_FILE,
        help="File with the authentication token; alternative: KF_PIPELINES_TOKEN.",
    ),
    click.option("--iap-client-id", help="Client id of Google's Identity-Aware Proxy."),
)


def server_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of the server, passed as the argument ``connection``."""

    @functools.wraps(command)
    def connected(
        *,
        host: str | None,
        namespace: str | None,
        token_file: Path | None,
        iap_client_id: str | None,
        **others: Any,
    ) -> None:
        command(**others, connection=Connection(host, namespace, token_file, iap_client_id))

    wrapped: Callable[..., None] = connected
    for option in (JSON_OPTION, *reversed(_SERVER)):
        wrapped = option(wrapped)
    return wrapped


@click.command()
@click.argument("file", type=_FILE)
@click.option("--experiment", help="Experiment of the run; default: the search's name.")
@click.option(
    "--pipeline-root", help="Pipeline root: where Kubeflow stores the artifacts of steps."
)
@click.option("--service-account", help="Service account of the steps.")
@image_options
@click.option("--wait", is_flag=True, help="Wait for the run to end; exit code 1 if it fails.")
@server_options
def submit(
    file: Path,
    *,
    experiment: str | None,
    pipeline_root: str | None,
    service_account: str | None,
    step_image: StepImage,
    wait: bool,
    as_json: bool,
    connection: Connection,
) -> None:
    """Start a run of FILE (a search.yaml) on Kubeflow.

    Uploads the pipeline first if the server does not have it.
    """
    from kubenas.cli.kubeflow.submission import RunSettings, submit_run

    with answering(as_json) as answer:
        settings = RunSettings(experiment, pipeline_root, service_account, step_image)
        submit_run(file, settings, connection, answer, wait=wait)


@click.group()
def schedule() -> None:
    """Manage recurring searches on Kubeflow, defined by a schedule.yaml."""


@schedule.command("apply")
@click.argument("file", type=_FILE)
@image_options
@click.option("--dry-run", is_flag=True, help="Show the changes without applying them.")
@server_options
def apply_(
    file: Path, *, step_image: StepImage, dry_run: bool, as_json: bool, connection: Connection
) -> None:
    """Create or update the schedule defined in FILE."""
    from kubenas.cli.kubeflow.schedule.commands import apply_schedule

    with answering(as_json) as answer:
        apply_schedule(file, step_image, connection, answer, dry_run=dry_run)


@schedule.command("list")
@click.argument("file", type=_FILE, required=False)
@server_options
def list_(file: Path | None, *, as_json: bool, connection: Connection) -> None:
    """List the schedules on the server, or only the schedule of FILE."""
    from kubenas.cli.kubeflow.schedule.commands import list_schedules

    with answering(as_json) as answer:
        list_schedules(file, connection, answer)


@schedule.command()
@click.argument("file", type=_FILE)
@server_options
def pause(file: Path, *, as_json: bool, connection: Connection) -> None:
    """Pause the schedule of FILE. Active runs continue."""
    from kubenas.cli.kubeflow.schedule.commands import pause_schedule

    with answering(as_json) as answer:
        pause_schedule(file, connection, answer)


@schedule.command()
@click.argument("file", type=_FILE)
@server_options
def resume(file: Path, *, as_json: bool, connection: Connection) -> None:
    """Resume the schedule of FILE."""
    from kubenas.cli.kubeflow.schedule.commands import resume_schedule

    with answering(as_json) as answer:
        resume_schedule(file, connection, answer)


@schedule.command()
@click.argument("file", type=_FILE)
@server_options
def delete(file: Path, *, as_json: bool, connection: Connection) -> None:
    """Delete the schedule of FILE. Its finished runs are kept."""
    from kubenas.cli.kubeflow.schedule.commands import delete_schedule

    with answering(as_json) as answer:
        delete_schedule(file, connection, answer)
