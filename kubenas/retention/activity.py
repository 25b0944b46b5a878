"""Detection of running searches, from the status of the steps and from locks."""

from collections.abc import Iterable
from contextlib import ExitStack

from kubenas.search.controller_lock import controller_lock
from kubenas.search.journal import AnotherController
from kubenas.search.layout import search_folder
from kubenas.steps.process import Status, StepOutcome, is_run_finished
from kubenas.storage import ObjectInfo, Storage

QUIET_SECONDS = 600.0
"""Time without a status update after which a run counts as stopped. A step on a cluster may have to
pull its image and read the data before its first update."""


def may_be_running(status: Status | None, outcomes: Iterable[StepOutcome], *, now: float) -> bool:
    """Returns whether the last status is recent and not that of an ended run."""
    if status is None or now - status.at > QUIET_SECONDS:
        return False
    outcomes = list(outcomes)
    states = {outcome.step: outcome.state for outcome in outcomes}
    state = states.get(status.step)
    return state == "running" or (state == "done" and not is_run_finished(outcomes, status.search))


def lock_searches(
    output: Storage, searches: Iterable[str], objects: Iterable[ObjectInfo], stack: ExitStack
) -> bool:
    """Locks ``searches`` against other controllers until ``stack`` is closed.

    Returns False if another controller holds one. Only local directories have such locks.
    """
    names = {info.name for info in objects}
    for search in searches:
        if f"{search_folder(search)}/controller.lock" not in names:
            continue
        try:
            stack.enter_context(controller_lock(output, search, wait_seconds=0))
        except AnotherController:
            return False
    return True
