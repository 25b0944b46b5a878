"""Whether something may be at work in an output: by the steps' own words, and by locks."""

from collections.abc import Iterable
from contextlib import ExitStack

from kubenas.search.controller_lock import controller_lock
from kubenas.search.journal import AnotherController
from kubenas.search.layout import search_folder
from kubenas.steps.process import Status, StepOutcome, is_run_finished
from kubenas.storage import ObjectInfo, Storage

QUIET_SECONDS = 600.0
"""Without a word for so long, a run is no longer at work: a step has to start, on a cluster from an
image that may have to be pulled, and to survey its data before it says more."""


def may_be_running(status: Status | None, outcomes: Iterable[StepOutcome], *, now: float) -> bool:
    """Whether the last word in the output is fresh and not that of a run that ended."""
    if status is None or now - status.at > QUIET_SECONDS:
        return False
    outcomes = list(outcomes)
    states = {outcome.step: outcome.state for outcome in outcomes}
    state = states.get(status.step)
    return state == "running" or (state == "done" and not is_run_finished(outcomes, status.search))


def hold_searches(
    output: Storage, searches: Iterable[str], objects: Iterable[ObjectInfo], stack: ExitStack
) -> bool:
    """Keeps other controllers from ``searches`` until ``stack`` is closed; False if one is there.

    Only a local directory has such locks.
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
