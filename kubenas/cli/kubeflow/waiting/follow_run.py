"""``kubenas submit --wait``: a run on Kubeflow, followed to its end."""

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
from kubenas.steps.report import read_summary
from kubenas.storage import open_storage

LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 600.0
"""How long a server that does not answer is asked again: upgrades of one take minutes."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class OutputSnapshot:
    """The output of a run that is about to start, and how the steps of earlier runs ended there."""

    output: str
    outcomes: tuple[StepOutcome, ...]

    @classmethod
    def of(cls, output: str) -> Self:
        """What is in ``output`` now."""
        return cls(output, _outcomes(output))

    def since(self) -> tuple[StepOutcome, ...]:
        """How steps have ended since then."""
        return tuple(each for each in _outcomes(self.output) if each not in self.outcomes)


def follow(
    connect: Callable[[], Server],
    run_id: str,
    before: OutputSnapshot,
    answer: Answer,
) -> None:
    """Tells each change of the run's states and what keeps its pods from starting, then how it
    ended.

    Args:
        connect: makes a server, anew after a token expired.
        run_id: the run.
        before: its output before it started.
        answer: gets a line for each change, and the summary.

    Raises:
        SearchFailed, UserError: the run failed, for the reason that its step or Kubernetes gives.
        PodCannotStart: it waits for what does not come, and goes on waiting.
        ServerUnavailable, ServerFailed: the server does not answer any more; the run may go on.
        Interrupted: the run goes on.
    """
    page = ""
    try:
        watch = _Watch(connect, run_id)
        page = watch.page
        run = _wait_for_end(watch, answer)
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted; the run goes on: {page}") from error
    if run.get("state") != "SUCCEEDED":
        raise explain_failure(run, watch.workflow(), before.since(), watch.log, page)
    _print_summary(before.output, answer)


class _Watch:
    """Looks at one run, over a server's absences and with fresh credentials."""

    def __init__(self, connect: Callable[[], Server], run_id: str) -> None:
        self._connect = connect
        self._server = connect()
        self._run_id = run_id
        self.page = self._server.run_page(run_id)

    def run(self) -> Mapping[str, Any]:
        """What the server says of it, once it says something."""
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
        """The run as Argo has it; without any content if the server does not say."""
        return read_workflow(self._optional(lambda server: server.workflow(self._run_id)) or {})

    def log(self, pod: Pod) -> str | None:
        """The end of a pod's log; None if the server does not say."""
        return self._optional(lambda server: server.log(self._run_id, pod.name, pod.namespace))

    def _optional(self, ask: Callable[[Server], Found]) -> Found | None:
        """What makes a message better is asked for once, and done without."""
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
    """The run once it has ended."""
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
    """How steps ended in ``output``; nothing if it cannot be read from here."""
    try:
        return tuple(read_outcomes(open_storage(output)))
    except StorageError:
        return ()


def _print_summary(output: str, answer: Answer) -> None:
    try:
        summary = read_summary(open_storage(output))
    except StorageError as error:
        answer.line(f"the output cannot be read from here: {error}")
        return
    if summary is not None:
        for line in summary.lines():
            answer.line(line)
        answer.put({"summary": summary.model_dump(mode="json")})
