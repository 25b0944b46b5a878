"""``kubenas schedule``: a search that runs again and again on Kubeflow."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import kfp_server_api as api

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.client import Answered
from kubenas.cli.kubeflow.connection import Connection
from kubenas.cli.kubeflow.cron import next_times, parse_cron
from kubenas.cli.kubeflow.pipeline_version import ensure_experiment, ensure_version, version_name
from kubenas.cli.kubeflow.portable import as_shipped, check_portable, ship
from kubenas.cli.kubeflow.refusals import Refused
from kubenas.cli.kubeflow.schedule_file import Schedule, config_of, load_schedule
from kubenas.cli.kubeflow.schedule_plan import (
    Mark,
    Recurring,
    Step,
    check_ours,
    is_meant_on,
    newest,
    to_apply,
    to_delete,
    to_pause,
    to_resume,
)
from kubenas.cli.kubeflow.schedule_settings import (
    Settings,
    body_of,
    difference,
    settings_of,
    words_of,
)
from kubenas.cli.kubeflow.server import Server
from kubenas.cli.package import package_text
from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.parameters import to_parameters


def apply_schedule(file: Path, connection: Connection, answer: Answer, *, dry_run: bool) -> None:
    """Sees to it that the server has the schedule of ``file`` once, with these settings.

    Tells what differs before anything is changed; with ``dry_run`` nothing is.

    Raises:
        UserError: something in the files is wrong, or the server refuses.
        ServerFailed, ServerAway: the server broke or does not answer; again completes it.
    """
    schedule = load_schedule(file)
    config = config_of(schedule)
    check_portable(config, file)
    package = package_text(schedule.image)
    settings = settings_of(
        schedule,
        experiment=schedule.experiment or config.name,
        version=version_name(package),
        parameters=to_parameters(as_shipped(config)),
    )
    server = Server(connection)
    found = server.recurring_runs(schedule.name)
    existing = _ours(found, schedule.name)
    steps = to_apply(existing, settings.digest)
    _tell_difference(server, found, existing, settings, steps, answer)
    if not dry_run:
        _carry_out(server, steps, _Creation(server, schedule.name, config, settings, package))
    _tell_times(schedule, answer, paused=not is_meant_on(existing))
    answer.put({"name": schedule.name, "changed": bool(steps) and not dry_run})


def pause_schedule(file: Path, connection: Connection, answer: Answer) -> None:
    """Keeps the schedule of ``file`` from starting runs; those that run go on.

    Raises:
        UserError: the server has no such schedule, or refuses.
        ServerFailed, ServerAway: the server broke or does not answer.
    """
    _switch(file, connection, to_pause)
    answer.line(f"{load_schedule(file).name}: paused; 'kubenas schedule resume {file}' ends that")
    answer.put({"name": load_schedule(file).name, "state": "paused"})


def resume_schedule(file: Path, connection: Connection, answer: Answer) -> None:
    """Lets the schedule of ``file`` start runs again.

    Raises:
        UserError: the server has no such schedule, or refuses.
        ServerFailed, ServerAway: the server broke or does not answer.
    """
    schedule = load_schedule(file)
    _switch(file, connection, to_resume)
    answer.line(f"{schedule.name}: on")
    _tell_times(schedule, answer, paused=False)
    answer.put({"name": schedule.name, "state": "on"})


def delete_schedule(file: Path, connection: Connection, answer: Answer) -> None:
    """Deletes the schedule of ``file`` from the server; its runs stay.

    Raises:
        UserError: the server refuses.
        ServerFailed, ServerAway: the server broke or does not answer.
    """
    name = load_schedule(file).name
    server = Server(connection)
    existing = _ours(server.recurring_runs(name), name)
    _carry_out(server, to_delete(existing))
    answer.line(f"{name}: {'deleted' if existing else 'was not there'}")
    answer.put({"name": name, "deleted": len(existing)})


def list_schedules(file: Path | None, connection: Connection, answer: Answer) -> None:
    """Lists the schedules that the server has, or the one of ``file``.

    Raises:
        UserError: the server refuses.
        ServerFailed, ServerAway: the server broke or does not answer.
    """
    schedule = load_schedule(file) if file else None
    zone = schedule.zone if schedule else "UTC"
    found = Server(connection).recurring_runs(schedule.name if schedule else None)
    listed = [each for each in found if _recurring(each).mark]
    for each in listed:
        words = words_of(each, experiment="", version="")
        state = "on" if _recurring(each).on else "paused"
        when = words["cron"] or f"every {words['interval']} s"
        coming = [f"next {time}" for time in _times(words, zone)[:1] if state == "on"]
        answer.line(
            "  ".join([f"{each['display_name']:<24}{state:<8}{when:<20}", *coming]).rstrip()
        )
    if not listed:
        answer.line("no schedules")
    answer.put({"schedules": [_listed(each, zone) for each in listed]})


class _Creation:
    """What it takes to create the recurring run of a schedule; done when it is needed."""

    def __init__(
        self, server: Server, name: str, config: Config, settings: Settings, package: str
    ) -> None:
        self._server, self._name, self._config = server, name, config
        self._settings, self._package = settings, package

    def __call__(self, step: Step) -> str:
        ship(self._config)
        version = ensure_version(self._server, self._package)
        body = body_of(
            self._settings,
            name=self._name,
            step=step,
            experiment=ensure_experiment(self._server, self._settings.experiment),
            version=api.V2beta1PipelineVersionReference(
                pipeline_id=version.pipeline, pipeline_version_id=version.id
            ),
        )
        return self._server.create_recurring_run(body)


def _carry_out(
    server: Server, steps: Sequence[Step], create: Callable[[Step], str] | None = None
) -> None:
    created = ""
    for step in steps:
        if step.verb == "create" and create is not None:
            created = create(step)
        elif step.verb == "enable":
            server.enable(step.id or created)
        elif step.verb == "disable":
            server.disable(step.id or created)
        elif step.verb == "delete":
            server.delete(step.id or created)


def _switch(
    file: Path,
    connection: Connection,
    plan: Callable[[Sequence[Recurring]], tuple[Step, ...]],
) -> None:
    name = load_schedule(file).name
    server = Server(connection)
    existing = _ours(server.recurring_runs(name), name)
    if not existing:
        raise UserError(
            f"{name}: the server has no such schedule; 'kubenas schedule apply {file}' makes it"
        )
    _carry_out(server, plan(existing))


def _ours(found: Sequence[Answered], name: str) -> list[Recurring]:
    existing = [_recurring(each) for each in found]
    check_ours(existing, name)
    return existing


def _recurring(answered: Answered) -> Recurring:
    return Recurring(
        id=str(answered["recurring_run_id"]),
        on=answered.get("mode") == api.RecurringRunMode.ENABLE,
        mark=Mark.read(answered.get("description") or ""),
    )


def _tell_difference(
    server: Server,
    found: Sequence[Answered],
    existing: Sequence[Recurring],
    settings: Settings,
    steps: Sequence[Step],
    answer: Answer,
) -> None:
    if not existing:
        lines = [f"{name}: {value}" for name, value in settings.words().items() if value]
        answer.line("new:")
    else:
        latest = newest(existing)
        answered = next(each for each in found if each["recurring_run_id"] == latest.id)
        lines = list(difference(_words(server, answered), settings.words()))
        answer.line("to be changed:" if steps else "unchanged")
    for line in lines if steps else ():
        answer.line(f"  {line}")
    for step in steps:
        if step.verb == "delete":
            answer.line(f"  the recurring run {step.id} goes")
    answer.put({"difference": lines if steps else []})


def _words(server: Server, answered: Answered) -> dict[str, str]:
    """What the server says of a recurring run, with names for what it knows by id."""
    reference = answered.get("pipeline_version_reference") or {}
    version = str(reference.get("pipeline_version_id") or "")
    experiment = str(answered.get("experiment_id") or "")
    try:
        version = server.version_name(str(reference.get("pipeline_id") or ""), version)
        experiment = server.experiment_name(experiment)
    except Refused:
        pass  # deleted meanwhile: the id says that it is another one
    return words_of(answered, experiment=experiment, version=version)


def _tell_times(schedule: Schedule, answer: Answer, *, paused: bool) -> None:
    words = {"cron": schedule.cron or "", "interval": str(schedule.interval or "")}
    times = _times(words, schedule.zone)
    if paused:
        answer.line(f"{schedule.name}: paused, and stays so until 'kubenas schedule resume'")
    else:
        answer.line(f"{schedule.name}: next runs at {', '.join(times) or 'no time of five years'}")
    answer.put({"state": "paused" if paused else "on", "next": times})


def _times(words: dict[str, str], zone: str) -> list[str]:
    """The next three starts by the clocks of ``zone``."""
    now, clocks = datetime.now(UTC), ZoneInfo(zone)
    if words["cron"]:
        times = next_times(parse_cron(words["cron"]), now, clocks)
    else:
        step = timedelta(seconds=int(words["interval"]))
        times = [(now + step * count).astimezone(clocks) for count in (1, 2, 3)]
    return [f"{time:%a %Y-%m-%d %H:%M:%S} {time:%Z}" for time in times]


def _listed(answered: Answered, zone: str) -> dict[str, object]:
    words = words_of(answered, experiment="", version="")
    return {
        "name": answered["display_name"],
        "id": answered["recurring_run_id"],
        "state": "on" if _recurring(answered).on else "paused",
        "cron": words["cron"] or None,
        "interval": int(words["interval"]) if words["interval"] else None,
        "next": _times(words, zone),
    }
