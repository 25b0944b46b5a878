"""Output of ``kubenas schedule``: differences, start times and the list of schedules."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import kfp_server_api as api

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.client import JsonObject
from kubenas.cli.kubeflow.schedule.cron import next_times, parse_cron
from kubenas.cli.kubeflow.schedule.file import Schedule
from kubenas.cli.kubeflow.schedule.plan import Action, Mark, RecurringRun, newest
from kubenas.cli.kubeflow.schedule.settings import describe


def to_recurring_run(answered: JsonObject) -> RecurringRun:
    """Converts a recurring run from the server."""
    state = answered.get("mode") or answered.get("status")
    return RecurringRun(
        id=str(answered["recurring_run_id"]),
        on=state in (api.RecurringRunMode.ENABLE, api.V2beta1RecurringRunStatus.ENABLED),
        mark=Mark.read(answered.get("description") or ""),
    )


def current(found: Sequence[JsonObject]) -> list[JsonObject]:
    """Returns the newest recurring run of each schedule that kubenas created."""
    named: dict[str, list[JsonObject]] = {}
    for each in found:
        if to_recurring_run(each).mark:
            named.setdefault(str(each["display_name"]), []).append(each)
    return [_newest(those) for those in named.values()]


def print_difference(lines: Sequence[str], actions: Sequence[Action], answer: Answer) -> None:
    """Prints the changed settings ``lines`` and the recurring runs that ``actions`` replace."""
    first = any(action.mark is not None and action.mark.revision == 1 for action in actions)
    answer.line("new:" if first else "changes:" if actions else "unchanged")
    for line in lines:
        answer.line(f"  {line}")
    for action in actions:
        if action.verb == "disable":
            answer.line(
                f"  recurring run {action.id} is replaced, and deleted once it has no active run"
            )
    answer.put({"difference": list(lines)})


def print_times(schedule: Schedule, answer: Answer, *, paused: bool) -> None:
    """Prints the next three start times of ``schedule``, or that it is paused."""
    times = next_starts(schedule.cron, schedule.zone)
    if paused:
        answer.line(f"{schedule.name}: paused; 'kubenas schedule resume' resumes it")
    elif schedule.interval is not None:
        answer.line(f"{schedule.name}: a run every {schedule.interval} s")
    else:
        answer.line(
            f"{schedule.name}: next runs at {', '.join(times) or 'no time in the next five years'}"
        )
    answer.put({"state": "paused" if paused else "on", "next": times})


def print_list(found: Sequence[JsonObject], zone: str, answer: Answer) -> None:
    """Prints a line for each recurring run in ``found``, with times in the time zone ``zone``."""
    listed = [_listed(each, zone) for each in found]
    for each in listed:
        when = each["cron"] or f"every {each['interval']} s"
        line = f"{each['name']:<24}{each['state']:<8}{when:<20}"
        coming = each["next"][:1] if each["state"] == "on" else []
        answer.line("  next ".join([line, *coming]).rstrip())
    if not listed:
        answer.line("no schedules")
    answer.put({"schedules": listed})


def next_starts(cron: str | None, zone: str) -> list[str]:
    """Returns the next three start times in the time zone ``zone``; empty without ``cron``.

    Start times of an interval depend on the last start, which the server does not report.
    """
    if cron is None:
        return []
    times = next_times(parse_cron(cron), datetime.now(UTC), ZoneInfo(zone))
    return [f"{time:%a %Y-%m-%d %H:%M:%S} {time:%Z}" for time in times]


def _newest(those: Sequence[JsonObject]) -> JsonObject:
    last = newest([to_recurring_run(each) for each in those])
    return next(each for each in those if last and each["recurring_run_id"] == last.id)


def _listed(answered: JsonObject, zone: str) -> dict[str, Any]:
    words = describe(answered, experiment="", version="")
    cron = words["cron"] or None
    interval = int(words["interval"]) if words["interval"] else None
    return {
        "name": answered["display_name"],
        "id": answered["recurring_run_id"],
        "state": "on" if to_recurring_run(answered).on else "paused",
        "cron": cron,
        "interval": interval,
        "next": next_starts(cron, zone),
    }
