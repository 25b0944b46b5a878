"""Why a run on Kubeflow failed, in one line: Kubeflow itself says only that it did."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kubenas.cli.kubeflow.run_states import states_in, was_terminated
from kubenas.cli.kubeflow.waiting.step_log import find_error_line
from kubenas.cli.kubeflow.waiting.workflow import Pod, Workflow
from kubenas.errors import KubenasError, SearchFailed, UserError
from kubenas.steps.process import StepOutcome

_ENDED_BY_ITSELF = re.compile(r"(?:main: )?Error \(exit code \d+\)(?:: .*)?$")
"""What Argo says of a step that failed by itself, whose log says more."""


def explain_failure(
    run: Mapping[str, Any],
    workflow: Workflow,
    outcomes: Sequence[StepOutcome],
    log: Callable[[Pod], str | None],
    page: str,
) -> KubenasError:
    """The error that the end of ``run`` is.

    Args:
        run: what Kubeflow says of it; it has ended, and not well.
        workflow: the same as Argo has it.
        outcomes: what its own steps left in the output.
        log: the log of a pod, if it can be read.
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
    """``said`` with the step's name in front, once."""
    return said if said.startswith(f"{step}: ") else f"{step}: {said}"


def _cause(pod: Pod, log: Callable[[Pod], str | None]) -> str:
    """Kubernetes' words where it ended the pod, such as OOMKilled; else those of its log."""
    if pod.message and not _ENDED_BY_ITSELF.match(pod.message):
        return pod.message
    more = f"'kubectl logs -n {pod.namespace} {pod.name} -c main' tells more"
    return find_error_line(log(pod) or "") or f"{pod.message or 'failed'}; {more}"
