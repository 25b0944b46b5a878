"""The actions of a schedule's plan, carried out; what is superseded goes without ending a run."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.client import JsonObject
from kubenas.cli.kubeflow.schedule.display import recurring_of
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
"""A run that a recurring run has just started is known to the server after at most so long."""

Busy = Mapping[str, Sequence[str]]
"""Runs in flight, by the recurring run that has started them."""


class RunInFlight(KubenasError):
    """A run is in flight that would end with its schedule."""


def list_own(found: Sequence[JsonObject], name: str) -> list[RecurringRun]:
    """What was ``found`` under a schedule's name, as far as plans go.

    Raises:
        UserError: somebody else has made one of them.
    """
    existing = [recurring_of(each) for each in found]
    check_ownership(existing, name)
    return existing


def execute(
    server: Server, actions: Sequence[Action], create: Callable[[Action], str] | None = None
) -> None:
    """Does ``actions`` in their order."""
    requests = {"enable": server.enable, "disable": server.disable, "delete": server.delete}
    for action in actions:
        if action.verb == "create" and create is not None:
            create(action)
        elif action.id is not None:
            requests[action.verb](action.id)


def clean_up(server: Server, name: str, done: Sequence[Action], answer: Answer) -> None:
    """Deletes what the actions ``done``, or earlier ones, have superseded; tells what must wait."""
    existing = list_own(server.recurring_runs(name), name)
    those = superseded(existing)
    busy = _in_flight(server, those, settle=_switches_off(done))
    execute(server, plan_cleanup(existing, busy))
    for recurring, runs in busy.items():
        answer.line(
            f"{name}: what was before ({recurring}) is off; it stays while its run is in flight,"
            f" {_pages(server, runs)}, and goes with a later 'kubenas schedule apply' or 'delete'"
        )
    answer.put({"superseded": list(busy)})


def delete_all(server: Server, name: str, answer: Answer) -> int:
    """Switches all off, and deletes them unless a run is in flight; how many there were.

    Raises:
        RunInFlight: one is.
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
            f"{name}: starts no more runs, but is not deleted: that would end its run in flight,"
            f" {_pages(server, runs)}; run the same command again when it has ended, or terminate"
            " it there first"
        )
    return len(existing)


def _in_flight(server: Server, those: Sequence[RecurringRun], *, settle: bool) -> Busy:
    if those and settle:
        time.sleep(SETTLE_SECONDS)
    found = {each.id: server.runs_in_flight(each.id) for each in those}
    return {recurring: runs for recurring, runs in found.items() if runs}


def _switches_off(actions: Sequence[Action]) -> bool:
    return any(action.verb == "disable" for action in actions)


def _pages(server: Server, runs: Collection[str]) -> str:
    return ", ".join(server.run_page(run) for run in runs)
