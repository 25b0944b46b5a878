"""``kubenas status``: the status of a run."""

import time
from typing import Any

from kubenas.cli.answer import Answer
from kubenas.search.progress import describe_done
from kubenas.steps.process import Status, StepOutcome, is_run_finished, read_outcomes, read_status
from kubenas.steps.report.summary import Summary, read_summary
from kubenas.steps.setup import read_config_lock
from kubenas.storage import open_storage

_STALE_SECONDS = 30.0


def print_status(output: str, answer: Answer) -> None:
    """Prints the state of the run in ``output``.

    Raises:
        UserError: the output contains no run.
    """
    storage = open_storage(output)
    config = read_config_lock(storage)
    outcomes = read_outcomes(storage)
    status = read_status(storage)
    done = status is not None and is_run_finished(outcomes, status.search)
    summary = read_summary(storage) if done else None
    answer.line(f"{config.name}: {_headline(outcomes, status, done=done)}")
    for outcome in outcomes:
        figures = f"{outcome.state:<9}{outcome.seconds:>8.1f} s"
        answer.line(f"  {outcome.step:<10}{figures}  {outcome.message}".rstrip())
    _print_search(outcomes, status, answer)
    _print_summary(summary, answer)
    answer.put(
        {
            "name": config.name,
            "state": _state(outcomes, status, done=done),
            "steps": [outcome.model_dump(mode="json") for outcome in outcomes],
            "status": status.model_dump(mode="json") if status else None,
            "summary": summary.model_dump(mode="json") if summary else None,
        }
    )


def _state(outcomes: list[StepOutcome], status: Status | None, *, done: bool) -> str:
    if done:
        return "done"
    if any(outcome.state == "failed" for outcome in outcomes):
        return "interrupted" if any(each.exit_code == 130 for each in outcomes) else "failed"
    fresh = status is not None and time.time() - status.at < _STALE_SECONDS
    return "running" if fresh else "stopped"


def _headline(outcomes: list[StepOutcome], status: Status | None, *, done: bool) -> str:
    state = _state(outcomes, status, done=done)
    if state in {"stopped", "interrupted"}:
        return f"{state}; run the same command again to resume"
    return state


def _print_search(outcomes: list[StepOutcome], status: Status | None, answer: Answer) -> None:
    progress: dict[str, Any] = status.progress if status else {}
    ended = {outcome.step for outcome in outcomes if outcome.state == "done"}
    if status is None or not progress or status.step in ended:
        return
    best = progress["best_score"]
    answer.line(
        f"  {progress['activity']}: {describe_done(progress['done'], progress['total'])},"
        f" {len(progress['running'])} running"
        + (f", best {best:.4f} (trial {progress['best_trial']})" if best is not None else "")
        + "".join(f", {words}" for words in progress.get("used", ()))
    )


def _print_summary(summary: Summary | None, answer: Answer) -> None:
    if summary is None:
        return
    for line in summary.lines():
        answer.line(f"  {line}")
