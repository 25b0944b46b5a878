"""The leaderboard: all ended trials, best first, as JSON and as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Literal

from kubenas.search.journal import SearchState, TrialState
from kubenas.search.objectives import Objective, pareto_front
from kubenas.search.warm_start import escape_formula
from kubenas.trial import FailureClass, Outcome, SearchId, Value

_ORDER = {Outcome.COMPLETED: 0, Outcome.INFEASIBLE: 1, Outcome.FAILED: 2}
_VALUE_PREFIX = "values."


class Row(Value):
    """One trial. ``rank`` counts from 1.

    The rank is None for trials without a score, for duplicates, and for promoted trials that
    another trial trained further.
    """

    rank: int | None
    trial: int
    score: float | None
    outcome: Outcome
    failure: FailureClass | None
    message: str
    parameters: int | None
    flops: int | None
    latency_ms: float | None
    epochs: int
    seconds: float
    attempts: int
    duplicate_of: int | None
    rung: int | None
    """Epochs of the trial's rung; trials of a higher rung rank first."""
    trained_further: int | None
    """The completed trial that continued from this trial's checkpoint."""
    front: bool | None
    """Whether the trial is on the Pareto front; None if there is only one objective."""
    metrics: dict[str, float]
    values: dict[str, Any]


class Leaderboard(Value):
    """The content of leaderboard.json."""

    version: Literal[1] = 1
    search: SearchId
    objective: str
    direction: Literal["max", "min"]
    rows: tuple[Row, ...]


def make_leaderboard(
    state: SearchState,
    *,
    search: str,
    objective: str,
    direction: Literal["max", "min"],
    objectives: Sequence[Objective] = (),
) -> Leaderboard:
    """Lists ranked trials, then unranked completed, infeasible and failed trials by number.

    Args:
        state: state of the search.
        search: id of the search.
        objective: metric by which trials are ranked.
        direction: direction of the metric.
        objectives: all objectives of a multi-objective search.
    """
    ranked = state.ranked(direction)
    places = {trial.number: place for place, trial in enumerate(ranked, 1)}
    rest = [trial for trial in state.ended() if trial.number not in places]
    further = {
        trial.proposal.parent: trial.number
        for trial in state.ended(Outcome.COMPLETED)
        if trial.proposal.parent is not None
    }
    on_front = pareto_front(ranked, objectives) if len(objectives) > 1 else None
    rest.sort(key=lambda trial: (_ORDER[_outcome(trial)], trial.number))
    return Leaderboard(
        search=search,
        objective=objective,
        direction=direction,
        rows=tuple(
            _row(trial, places.get(trial.number)).model_copy(
                update={
                    "trained_further": further.get(trial.number),
                    "front": None if on_front is None else trial.number in on_front,
                }
            )
            for trial in [*ranked, *rest]
        ),
    )


def to_csv(board: Leaderboard) -> str:
    """Returns the rows as CSV, with a column ``values.<name>`` for each hyperparameter.

    Hyperparameter columns are ordered by their first use, so further trials only append columns.
    """
    metrics = sorted({name for row in board.rows for name in row.metrics})
    names = value_names(board.rows)
    fixed = [name for name in Row.model_fields if name not in ("metrics", "values")]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        [*fixed, *(f"metrics.{m}" for m in metrics), *(_VALUE_PREFIX + n for n in names)]
    )
    for row in board.rows:
        content = row.model_dump(mode="json")
        cells = [content[name] for name in fixed]
        cells += [content["metrics"].get(name) for name in metrics]
        cells += [content["values"].get(name) for name in names]
        writer.writerow([escape_formula(cell) for cell in cells])
    return buffer.getvalue()


def value_names(rows: Sequence[Row]) -> list[str]:
    """Returns the names of all hyperparameters, in the order of their first use."""
    by_number = sorted(rows, key=lambda row: row.trial)
    return list(dict.fromkeys(name for row in by_number for name in row.values))


def _outcome(trial: TrialState) -> Outcome:
    if trial.end is None:
        raise ValueError(f"trial {trial.number} has not ended")
    return trial.end.outcome


def _row(trial: TrialState, rank: int | None) -> Row:
    end = trial.end
    if end is None:
        raise ValueError(f"trial {trial.number} has not ended")
    return Row(
        rank=rank,
        trial=trial.number,
        score=end.score,
        outcome=end.outcome,
        failure=end.failure,
        message=end.message,
        parameters=end.parameters,
        flops=end.flops,
        latency_ms=end.latency_ms,
        epochs=end.epochs,
        seconds=trial.seconds,
        attempts=len(trial.started),
        duplicate_of=trial.proposal.duplicate_of,
        rung=trial.proposal.epochs,
        trained_further=None,
        front=None,
        metrics=end.metrics,
        values=trial.used_values,
    )
