"""Execution of a schedule's plan, without deleting recurring runs that have active runs."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.client import JsonObject
from kubenas.cli.kubeflow.schedule.display import to_recurring_run
from kubenas.cli.kubeflow.schedule.plan import (
    Action,
    RecurringRun,
    check_ownership,
    plan_cleanup,
    plan_delete,
    plan_pause,
    superseded,
)
from kubenas.cli.kubeflow.server import Server
from kubenas.errors import KubenasError

SETTLE_SECONDS = 10.0
"""Time after which the server lists a run that a recurring run has just started."""

Busy = Mapping[str, Sequence[str]]
"""Active runs by the recurring run that started them."""


class RunInFlight(KubenasError):
    """An active run would be terminated by deleting its schedule."""


def list_own(found: Sequence[JsonObject], name: str) -> list[RecurringRun]:
    """Returns the recurring runs ``found`` under a schedule's name.

    Raises:
        UserError: one of them was not created by kubenas.
    """
    existing = [to_recurring_run(each) for each in found]
    check_ownership(existing, name)
    return existing


def execute(
    server: Server, actions: Sequence[Action], create: Callable[[Action], str] | None = None
) -> None:
    """Executes ``actions`` in order."""
    requests = {"enable": server.enable, "disable": server.disable, "delete": server.delete}
    for action in actions:
        if action.verb == "create" and create is not None:
            create(action)
        elif action.id is not None:
            requests[action.verb](action.id)


def clean_up(server: Server, name: str, done: Sequence[Action], answer: Answer) -> None:
    """Deletes superseded recurring runs. Prints a line for each one with active runs."""
    existing = list_own(server.recurring_runs(name), name)
    those = superseded(existing)
    busy = _in_flight(server, those, settle=_disables_any(done))
    execute(server, plan_cleanup(existing, busy))
    for recurring, runs in busy.items():
        answer.line(
            f"{name}: the previous recurring run {recurring} is disabled, but has an active run"
            f" ({_pages(server, runs)}); a later 'kubenas schedule apply' or 'delete' deletes it"
        )
    answer.put({"superseded": list(busy)})


def delete_all(server: Server, name: str, answer: Answer) -> int:
    """Disables all recurring runs and deletes them. Returns their number.

    Raises:
        RunInFlight: a recurring run has an active run; it is disabled but not deleted.
    """
    off = plan_pause(list_own(server.recurring_runs(name), name))
    execute(server, off)
    existing = list_own(server.recurring_runs(name), name)
    busy = _in_flight(server, existing, settle=bool(off))
    runs = [run for those in busy.values() for run in those]
    answer.put({"in_flight": runs})
    execute(server, plan_delete(existing, busy))
    if runs:
        raise RunInFlight(
            f"{name}: disabled, but not deleted, because deleting would end its active run"
            f" {_pages(server, runs)}; run the same command again when it has ended, or terminate"
            " the run first"
        )
    return len(existing)


def _in_flight(server: Server, those: Sequence[RecurringRun], *, settle: bool) -> Busy:
    if those and settle:
        time.sleep(SETTLE_SECONDS)
    found = {each.id: server.runs_in_flight(each.id) for each in those}
    return {recurring: runs for recurring, runs in found.items() if runs}


def _disables_any(actions: Sequence[Action]) -> bool:
    return any(action.verb == "disable" for action in actions)


def _pages(server: Server, runs: Collection[str]) -> str:
    return ", ".join(server.run_page(run) for run in runs)
