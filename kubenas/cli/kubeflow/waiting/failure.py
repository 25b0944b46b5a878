"""The cause of a failed Kubeflow run, which Kubeflow itself does not report."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kubenas.cli.kubeflow.run_states import states_in, was_terminated
from kubenas.cli.kubeflow.waiting.step_log import find_error_line
from kubenas.cli.kubeflow.waiting.workflow import Pod, Workflow
from kubenas.errors import KubenasError, SearchFailed, UserError
from kubenas.steps.process import StepOutcome

_ENDED_BY_ITSELF = re.compile(r"(?:main: )?Error \(exit code \d+\)(?:: .*)?$")
"""Argo's message for a step that exited with an error; its log has the cause."""


def explain_failure(
    run: Mapping[str, Any],
    workflow: Workflow,
    outcomes: Sequence[StepOutcome],
    log: Callable[[Pod], str | None],
    page: str,
) -> KubenasError:
    """Returns the error of a run that ended without success.

    Args:
        run: the run as returned by Kubeflow.
        workflow: the Argo workflow of the run.
        outcomes: outcomes of the run's steps in the output.
        log: returns the log of a pod, or None if it cannot be read.
        page: URL of the run.
    """
    if workflow.terminated or was_terminated(run):
        return SearchFailed(f"the run was terminated; see {page}")
    for outcome in outcomes:
        if outcome.state == "failed":
            kind = UserError if outcome.exit_code == UserError.exit_code else SearchFailed
            return kind(f"{_of(outcome.step, outcome.message)} ({page})")
    for pod in reversed(workflow.pods):
        if pod.phase in ("Failed", "Error"):
            return SearchFailed(f"{_of(pod.task, _cause(pod, log))} ({page})")
    failed = [name for name, state in states_in(run).items() if state == "FAILED" and name != "run"]
    where = f" in {', '.join(failed)}" if failed else ""
    said = workflow.message or (run.get("error") or {}).get("message")
    state = str(run.get("state")).lower()
    return SearchFailed(f"the run {state}{where}{f': {said}' if said else ''}; see {page}")


def _of(step: str, said: str) -> str:
    """Prefixes ``said`` with the step's name, unless it has this prefix."""
    return said if said.startswith(f"{step}: ") else f"{step}: {said}"


def _cause(pod: Pod, log: Callable[[Pod], str | None]) -> str:
    """Returns the message of Kubernetes, such as OOMKilled, or else the error in the log."""
    if pod.message and not _ENDED_BY_ITSELF.match(pod.message):
        return pod.message
    more = f"'kubectl logs -n {pod.namespace} {pod.name} -c main' shows its log"
    return find_error_line(log(pod) or "") or f"{pod.message or 'failed'}; {more}"
