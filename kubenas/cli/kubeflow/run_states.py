"""States of a run and of its tasks on Kubeflow."""

from collections.abc import Iterator, Mapping
from typing import Any

TASKS = ("prepare", "search", "train", "promote")
"""Task names of the pipeline on Kubeflow."""

ENDED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")
"""States of a run that has ended."""


def states_in(run: Mapping[str, Any]) -> dict[str, str]:
    """Returns the states of the run and of its tasks, by name."""
    # The details also contain the workflow itself and nodes of the engine, such as drivers.
    named = {task.get("display_name"): task.get("state") for task in _nodes(run)}
    steps = {task: str(named[task]) for task in TASKS if named.get(task)}
    return {"run": str(run.get("state") or "PENDING"), **steps}


def changes(before: Mapping[str, str], run: Mapping[str, Any]) -> Iterator[str]:
    """Yields a line for each changed state of ``run``."""
    for name, state in states_in(run).items():
        if before.get(name) != state and state != "RUNTIME_STATE_UNSPECIFIED":
            yield f"{name:<12}{state.lower()}"


def any_pending(run: Mapping[str, Any]) -> bool:
    """Whether the run or one of its nodes is pending."""
    return not has_begun(run) or any(task.get("state") == "PENDING" for task in _nodes(run))


def has_begun(run: Mapping[str, Any]) -> bool:
    """Whether Argo has created nodes of ``run``."""
    return bool(_nodes(run))


def was_terminated(run: Mapping[str, Any]) -> bool:
    """Whether a user terminated the run. Its final state may still be FAILED."""
    history = [str(each.get("state")) for each in run.get("state_history") or []]
    for state in (str(run.get("state")), *reversed(history)):
        if state in ("CANCELING", "CANCELED"):
            return True
        if state in ("RUNNING", "PENDING"):
            return False  # earlier states belong to another attempt
    return False


def _nodes(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return (run.get("run_details") or {}).get("task_details") or []
