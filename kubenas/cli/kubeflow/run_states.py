"""The states of a run and of its steps, as Kubeflow tells of them."""

from collections.abc import Iterator, Mapping
from typing import Any

TASKS = ("prepare", "search", "train", "promote")
"""The pipeline's tasks, as Kubeflow names them."""

ENDED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")
"""States of a run that is not in flight any more."""


def states_in(run: Mapping[str, Any]) -> dict[str, str]:
    """The states of the run and of its steps, by name."""
    # Besides the steps there are the workflow itself and nodes of the engine, such as drivers.
    named = {task.get("display_name"): task.get("state") for task in _nodes(run)}
    steps = {task: str(named[task]) for task in TASKS if named.get(task)}
    return {"run": str(run.get("state") or "PENDING"), **steps}


def changes(before: Mapping[str, str], run: Mapping[str, Any]) -> Iterator[str]:
    """A line for each state of ``run`` that was another one ``before``, or none."""
    for name, state in states_in(run).items():
        if before.get(name) != state and state != "RUNTIME_STATE_UNSPECIFIED":
            yield f"{name:<12}{state.lower()}"


def any_pending(run: Mapping[str, Any]) -> bool:
    """Whether a node of ``run`` waits, as a pod does before it starts, or all of it."""
    return not has_begun(run) or any(task.get("state") == "PENDING" for task in _nodes(run))


def has_begun(run: Mapping[str, Any]) -> bool:
    """Whether Argo has made anything of ``run``."""
    return bool(_nodes(run))


def was_terminated(run: Mapping[str, Any]) -> bool:
    """Whether the run was ended by somebody: its last state may well be that it failed."""
    history = [str(each.get("state")) for each in run.get("state_history") or []]
    for state in (str(run.get("state")), *reversed(history)):
        if state in ("CANCELING", "CANCELED"):
            return True
        if state in ("RUNNING", "PENDING"):
            return False  # what was before is another attempt's
    return False


def _nodes(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return (run.get("run_details") or {}).get("task_details") or []
