"""``kubenas submit --wait``: waits for the end of a run on Kubeflow."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.run_states import ENDED, changes, states_in
from kubenas.cli.kubeflow.server import Server
from kubenas.cli.kubeflow.server_errors import (
    AuthenticationRequired,
    NotFound,
    RequestRejected,
    ServerFailed,
    ServerUnavailable,
)
from kubenas.cli.kubeflow.waiting.failure import explain_failure
from kubenas.cli.kubeflow.waiting.pod_start import PodStartMonitor
from kubenas.cli.kubeflow.waiting.workflow import Pod, Workflow, read_workflow
from kubenas.errors import Interrupted, SearchFailed, StorageError
from kubenas.steps.process import StepOutcome, read_outcomes
from kubenas.steps.report.summary import read_summary
from kubenas.storage import open_storage

LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 600.0
"""How long to retry an unavailable server. An upgrade takes minutes."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class OutputSnapshot:
    """The step outcomes of earlier runs in an output, recorded before a run starts."""

    output: str
    outcomes: tuple[StepOutcome, ...]

    @classmethod
    def of(cls, output: str) -> Self:
        """Records the outcomes in ``output``."""
        return cls(output, _outcomes(output))

    def since(self) -> tuple[StepOutcome, ...]:
        """Returns the outcomes that were added since the snapshot."""
        return tuple(each for each in _outcomes(self.output) if each not in self.outcomes)


def follow(
    connect: Callable[[], Server],
    run_id: str,
    before: OutputSnapshot,
    answer: Answer,
) -> None:
    """Prints state changes, pods that cannot start, and the result of the run.

    Args:
        connect: connects to the server; called again when a token has expired.
        run_id: id of the run.
        before: snapshot of the output before the start of the run.
        answer: receives a line for each change, and the summary.

    Raises:
        SearchFailed, UserError: the run failed; the message is from the step or Kubernetes.
        PodCannotStart: a pod of the run cannot start; the run is still pending.
        ServerUnavailable, ServerFailed: the server does not respond; the run may continue.
        Interrupted: a signal ended the waiting; the run continues.
    """
    page = ""
    try:
        watch = _Watch(connect, run_id)
        page = watch.page
        run = _wait_for_end(watch, answer)
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted; the run continues: {page}") from error
    if run.get("state") != "SUCCEEDED":
        raise explain_failure(run, watch.workflow(), before.since(), watch.log, page)
    _print_summary(before.output, answer)


class _Watch:
    """Reads one run, with retries and renewed credentials."""

    def __init__(self, connect: Callable[[], Server], run_id: str) -> None:
        self._connect = connect
        self._server = connect()
        self._run_id = run_id
        self.page = self._server.run_page(run_id)

    def run(self) -> Mapping[str, Any]:
        """Returns the run, with retries while the server is unavailable."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._signed_in(lambda server: server.run(self._run_id))
            except (ServerUnavailable, ServerFailed):
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_SECONDS)
            except NotFound as error:
                raise SearchFailed(f"the run was deleted: {self.page}") from error

    def workflow(self) -> Workflow:
        """Returns the Argo workflow of the run; empty if it is not available."""
        return read_workflow(self._optional(lambda server: server.workflow(self._run_id)) or {})

    def log(self, pod: Pod) -> str | None:
        """Returns the end of a pod's log; None if it is not available."""
        return self._optional(lambda server: server.log(self._run_id, pod.name, pod.namespace))

    def _optional(self, ask: Callable[[Server], Found]) -> Found | None:
        """Sends a request for optional information once; None on failure."""
        try:
            return self._signed_in(ask)
        except (ServerUnavailable, ServerFailed, RequestRejected):
            return None

    def _signed_in(self, ask: Callable[[Server], Found]) -> Found:
        try:
            return ask(self._server)
        except AuthenticationRequired:
            self._server = self._connect()
            return ask(self._server)


def _wait_for_end(watch: _Watch, answer: Answer) -> Mapping[str, Any]:
    """Waits for the end of the run and returns it."""
    starting = PodStartMonitor(watch.page)
    states: dict[str, str] = {}
    while True:
        run = watch.run()
        for line in changes(states, run):
            answer.line(line)
        states = states_in(run)
        answer.put({"state": states["run"]})
        if states["run"] in ENDED:
            return run
        for line in starting.look(run, watch.workflow, time.monotonic()):
            answer.line(line)
        time.sleep(LOOK_SECONDS)


def _outcomes(output: str) -> tuple[StepOutcome, ...]:
    """Returns the step outcomes in ``output``; empty if it cannot be read."""
    try:
        return tuple(read_outcomes(open_storage(output)))
    except StorageError:
        return ()


def _print_summary(output: str, answer: Answer) -> None:
    try:
        summary = read_summary(open_storage(output))
    except StorageError as error:
        answer.line(f"the output cannot be read from this machine: {error}")
        return
    if summary is not None:
        for line in summary.lines():
            answer.line(line)
        answer.put({"summary": summary.model_dump(mode="json")})
