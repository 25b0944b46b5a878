"""``kubenas schedule``: a search that runs again and again on Kubeflow."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.client import JsonObject
from kubenas.cli.kubeflow.connection import Connection
from kubenas.cli.kubeflow.output_check import check_output
from kubenas.cli.kubeflow.pipeline_version import ensure_experiment, ensure_version, version_name
from kubenas.cli.kubeflow.portable import as_shipped, check_portable, ship
from kubenas.cli.kubeflow.schedule.display import (
    current,
    print_difference,
    print_list,
    print_times,
)
from kubenas.cli.kubeflow.schedule.execution import clean_up, delete_all, execute, list_own
from kubenas.cli.kubeflow.schedule.file import Schedule, load_schedule, make_config
from kubenas.cli.kubeflow.schedule.plan import (
    Action,
    RecurringRun,
    is_on,
    plan_apply,
    plan_pause,
    plan_resume,
)
from kubenas.cli.kubeflow.schedule.settings import (
    Settings,
    describe,
    difference,
    make_body,
    make_settings,
)
from kubenas.cli.kubeflow.server import Server
from kubenas.cli.kubeflow.server_errors import RequestRejected
from kubenas.cli.package import package_text
from kubenas.cli.step_image import StepImage
from kubenas.config import Config
from kubenas.config.form import to_form
from kubenas.errors import UserError


def apply_schedule(
    file: Path, step_image: StepImage, connection: Connection, answer: Answer, *, dry_run: bool
) -> None:
    """Creates or updates the schedule of ``file`` on the server.

    Prints the differences first; with ``dry_run`` nothing is changed. Active runs keep their
    settings.

    Raises:
        UserError: a file is invalid, or the server rejected a request.
        ServerFailed, ServerUnavailable: the server failed or does not respond; a repeated call
            completes the change.
    """
    schedule = load_schedule(file)
    config = make_config(schedule)
    check_portable(config, file)
    package = package_text(step_image.resolve_required(schedule.image))
    check_output(config, answer)
    settings = make_settings(
        schedule,
        experiment=schedule.experiment or config.name,
        version=version_name(package),
        parameters=to_form(as_shipped(config)),
    )
    server = Server(connection)
    found = server.recurring_runs(schedule.name)
    existing = list_own(found, schedule.name)
    actions = plan_apply(existing, settings.digest)
    print_difference(_differences(server, found, settings) if actions else (), actions, answer)
    if not dry_run:
        create = partial(_create, server, config, settings, package, name=schedule.name)
        execute(server, actions, lambda action: create(action=action))
        clean_up(server, schedule.name, actions, answer)
    print_times(schedule, answer, paused=bool(existing) and not is_on(existing))
    answer.put({"name": schedule.name, "changed": bool(actions) and not dry_run})


def pause_schedule(file: Path, connection: Connection, answer: Answer) -> None:
    """Pauses the schedule of ``file``. Active runs continue.

    Raises:
        UserError: the schedule does not exist, or the server rejected a request.
        ServerFailed, ServerUnavailable: the server failed or does not respond.
    """
    name = _switch(file, connection, plan_pause, answer).name
    answer.line(f"{name}: paused; resume with 'kubenas schedule resume {file}'")
    answer.put({"name": name, "state": "paused"})


def resume_schedule(file: Path, connection: Connection, answer: Answer) -> None:
    """Resumes the schedule of ``file``.

    Raises:
        UserError: the schedule does not exist, or the server rejected a request.
        ServerFailed, ServerUnavailable: the server failed or does not respond.
    """
    schedule = _switch(file, connection, plan_resume, answer)
    answer.line(f"{schedule.name}: on")
    print_times(schedule, answer, paused=False)
    answer.put({"name": schedule.name, "state": "on"})


def delete_schedule(file: Path, connection: Connection, answer: Answer) -> None:
    """Deletes the schedule of ``file`` from the server. Finished runs are kept.

    Raises:
        RunInFlight: a run is active; the schedule is disabled only.
        UserError: the server rejected a request.
        ServerFailed, ServerUnavailable: the server failed or does not respond.
    """
    name = load_schedule(file).name
    answer.put({"name": name})
    deleted = delete_all(Server(connection), name, answer)
    answer.line(f"{name}: {'deleted' if deleted else 'not found'}")
    answer.put({"deleted": deleted})


def list_schedules(file: Path | None, connection: Connection, answer: Answer) -> None:
    """Prints the schedules on the server, or only the schedule of ``file``.

    Raises:
        UserError: the server rejected a request.
        ServerFailed, ServerUnavailable: the server failed or does not respond.
    """
    schedule = load_schedule(file) if file else None
    found = Server(connection).recurring_runs(schedule.name if schedule else None)
    print_list(current(found), schedule.zone if schedule else "UTC", answer)


def _create(
    server: Server, config: Config, settings: Settings, package: str, *, name: str, action: Action
) -> str:
    """Creates a recurring run, its experiment and its pipeline version. Returns its id."""
    ship(config)
    body = make_body(
        settings,
        name=name,
        action=action,
        version=ensure_version(server, package).reference,
        experiment=ensure_experiment(server, settings.experiment),
    )
    return server.create_recurring_run(body)


def _switch(
    file: Path,
    connection: Connection,
    plan: Callable[[Sequence[RecurringRun]], tuple[Action, ...]],
    answer: Answer,
) -> Schedule:
    """Executes ``plan`` for the schedule in ``file``. Returns the schedule."""
    schedule = load_schedule(file)
    server = Server(connection)
    existing = list_own(server.recurring_runs(schedule.name), schedule.name)
    if not existing:
        raise UserError(
            f"{schedule.name}: no such schedule on the server; create it with"
            f" 'kubenas schedule apply {file}'"
        )
    actions = plan(existing)
    execute(server, actions)
    clean_up(server, schedule.name, actions, answer)
    return schedule


def _differences(server: Server, found: Sequence[JsonObject], settings: Settings) -> list[str]:
    """Returns the differences of ``settings`` to the newest recurring run, a line each."""
    if not found:
        return [f"{name}: {value}" for name, value in settings.words().items() if value]
    before = current(found)[0]
    return list(difference(_describe(server, before), settings.words()))


def _describe(server: Server, answered: JsonObject) -> dict[str, str]:
    """Describes a recurring run, with names instead of ids."""
    reference = answered.get("pipeline_version_reference") or {}
    version = str(reference.get("pipeline_version_id") or "")
    experiment = str(answered.get("experiment_id") or "")
    try:
        version = server.version_name(str(reference.get("pipeline_id") or ""), version)
        experiment = server.experiment_name(experiment)
    except RequestRejected:
        pass  # deleted meanwhile: the ids are shown
    return describe(answered, experiment=experiment, version=version)
