"""``kubenas submit --wait``: a run on Kubeflow, followed to its end."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from kubenas.cli.answer import Answer
from kubenas.cli.kubeflow.refusals import ServerAway, ServerFailed, SignInNeeded
from kubenas.cli.kubeflow.server import Server
from kubenas.errors import Interrupted, KubenasError, SearchFailed, StorageError, UserError
from kubenas.steps.outcome import STEPS, StepOutcome, read_outcomes
from kubenas.steps.summary import read_summary
from kubenas.storage import open_storage

LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 600.0
"""How long a server that does not answer is asked again: upgrades of one take minutes."""

_ENDED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")


@dataclass(frozen=True)
class Followed:
    """The output of a run that is about to start, and how the steps of earlier runs ended there."""

    output: str
    outcomes: tuple[StepOutcome, ...]

    @classmethod
    def of(cls, output: str) -> Self:
        """What is in ``output`` now."""
        return cls(output, _outcomes(output))


def follow(
    connect: Callable[[], Server],
    run_id: str,
    before: Followed,
    answer: Answer,
) -> None:
    """Tells each change of the run's states, then how it ended.

    Args:
        connect: makes a server, anew after a token expired.
        run_id: the run.
        before: its output before it started.
        answer: gets a line for each change, and the summary.

    Raises:
        SearchFailed, UserError: the run failed, for the reason that its step left in the output.
        ServerAway, ServerFailed: the server does not answer any more; the run may go on.
        Interrupted: the run goes on.
    """
    page = ""
    try:
        watch = _Watch(connect)
        page = watch.server.run_page(run_id)
        states: dict[str, str] = {}
        while True:
            run = watch.look(run_id)
            for line in changes(states, run):
                answer.line(line)
            states = states_in(run)
            if states["run"] in _ENDED:
                break
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted; the run goes on: {page}") from error
    answer.put({"state": states["run"]})
    if states["run"] != "SUCCEEDED":
        raise _failure(run, before, page)
    _tell_summary(before.output, answer)


def states_in(run: Mapping[str, Any]) -> dict[str, str]:
    """The states of the run and of its steps, by name."""
    # Besides the steps there are the workflow itself and nodes of the engine, such as drivers.
    tasks = (run.get("run_details") or {}).get("task_details") or []
    named = {task.get("display_name"): task.get("state") for task in tasks}
    steps = {step: str(named[step]) for step in STEPS if named.get(step)}
    return {"run": str(run.get("state") or "PENDING"), **steps}


def changes(before: Mapping[str, str], run: Mapping[str, Any]) -> Iterator[str]:
    """A line for each state of ``run`` that was another one ``before``, or none."""
    for name, state in states_in(run).items():
        if before.get(name) != state and state != "RUNTIME_STATE_UNSPECIFIED":
            yield f"{name:<12}{state.lower()}"


class _Watch:
    """Looks at a run, over a server's absences and with fresh credentials."""

    def __init__(self, connect: Callable[[], Server]) -> None:
        self._connect = connect
        self.server = connect()

    def look(self, run_id: str) -> Mapping[str, Any]:
        until = time.monotonic() + PATIENCE_SECONDS
        renewed = False
        while True:
            try:
                return self.server.run(run_id)
            except (ServerAway, ServerFailed):
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_SECONDS)
            except SignInNeeded:
                if renewed:
                    raise
                renewed = True
                self.server = self._connect()


def _failure(run: Mapping[str, Any], before: Followed, page: str) -> KubenasError:
    """The failed step's own error if it left one, else what Kubeflow knows."""
    left = [each for each in _outcomes(before.output) if each not in before.outcomes]
    for outcome in left:
        if outcome.state == "failed":
            kind = UserError if outcome.exit_code == UserError.exit_code else SearchFailed
            return kind(f"{outcome.step}: {outcome.message} ({page})")
    state = str(run.get("state")).lower()
    said = (run.get("error") or {}).get("message")
    failed = [name for name, state in states_in(run).items() if state == "FAILED" and name != "run"]
    where = f" in {', '.join(failed)}" if failed else ""
    return SearchFailed(f"the run {state}{where}{f': {said}' if said else ''}; see {page}")


def _outcomes(output: str) -> tuple[StepOutcome, ...]:
    """How steps ended in ``output``; nothing if it cannot be read from here."""
    try:
        return tuple(read_outcomes(open_storage(output)))
    except StorageError:
        return ()


def _tell_summary(output: str, answer: Answer) -> None:
    try:
        summary = read_summary(open_storage(output))
    except StorageError as error:
        answer.line(f"the output cannot be read from here: {error}")
        return
    if summary is not None:
        for line in summary.lines():
            answer.line(line)
        answer.put({"summary": summary.model_dump(mode="json")})
