import csv
import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.reporting.tables.leaderboard import Leaderboard, make_leaderboard, to_csv
from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.journal.state import SearchState, TrialState
from kubenas.search.warm_start.results_table import read_table
from kubenas.trial import Outcome

from .materials import Shape, search_state

SCORES = st.floats(-10, 10).map(lambda score: round(score, 1))
TRIALS = st.lists(st.tuples(st.sampled_from(list(Outcome)), SCORES, st.booleans()), max_size=25)


def board_of(shape: Shape) -> Leaderboard:
    return make_leaderboard(
        search_state(shape), search="s", objective=shape.objective, direction=shape.direction
    )


def state_of(trials: list[tuple[Outcome, float, bool]]) -> SearchState:
    states = {}
    for number, (outcome, score, duplicate) in enumerate(trials):
        completed = outcome == Outcome.COMPLETED
        proposal = Proposed(
            at=0,
            trial=number,
            values={},
            oracle_trial=str(number),
            duplicate_of=0 if duplicate and number else None,
        )
        end = Ended(at=1, trial=number, outcome=outcome, score=score if completed else None)
        states[number] = TrialState(proposal, end=end)
    return SearchState(trials=states)


@settings(max_examples=40)
@given(TRIALS, st.sampled_from(["max", "min"]))
def test_ranks_follow_the_scores(trials, direction) -> None:
    rows = make_leaderboard(state_of(trials), search="s", objective="o", direction=direction).rows
    ranked = [row for row in rows if row.rank is not None]
    assert [row.rank for row in ranked] == list(range(1, len(ranked) + 1))
    assert rows[: len(ranked)] == tuple(ranked)
    assert sorted(row.trial for row in rows) == list(range(len(trials)))
    expected = [
        (score if direction == "min" else -score, number)
        for number, (outcome, score, duplicate) in enumerate(trials)
        if outcome == Outcome.COMPLETED and not (duplicate and number)
    ]
    assert [row.trial for row in ranked] == [number for _, number in sorted(expected)]


@pytest.mark.parametrize("trials", [0, 1, 200])
@pytest.mark.parametrize("direction", ["max", "min"])
def test_json_round_trip(trials, direction) -> None:
    board = board_of(Shape(trials, direction))
    assert Leaderboard.from_json(board.to_json()) == board
    assert Leaderboard.model_validate_json(board.model_dump_json(indent=1)) == board


def test_csv_contains_all_trials_and_hyperparameters() -> None:
    board = board_of(Shape(200, nasty=True))
    rows = list(csv.DictReader(io.StringIO(to_csv(board))))
    assert [int(row["trial"]) for row in rows] == [row.trial for row in board.rows]
    for text, row in zip(rows, board.rows, strict=True):
        assert text["message"] == row.message
        assert text["outcome"] == row.outcome.value
        assert (float(text["score"]) if text["score"] else None) == row.score
        assert float(text["seconds"]) == row.seconds
        for name, value in row.values.items():
            assert text[f"values.{name}"] == str(value)


def test_csv_columns_follow_the_order_of_first_use() -> None:
    def names(trials: int) -> list[str]:
        header = to_csv(board_of(Shape(trials))).splitlines()[0].split(",")
        return [name for name in header if name.startswith("values.")]

    assert names(200)[: len(names(12))] == names(12)


def test_multiline_messages_stay_in_one_cell() -> None:
    board = board_of(Shape(1))
    row = board.rows[0].model_copy(update={"message": 'one, "two"\nthree\r\nfour'})
    board = board.model_copy(update={"rows": (row,)})
    (read,) = csv.DictReader(io.StringIO(to_csv(board), newline=""))
    assert read["message"] == 'one, "two"\nthree\r\nfour'


def test_seconds_and_attempts_count_lost_attempts() -> None:
    row = next(row for row in board_of(Shape(12)).rows if row.trial == 4)
    assert row.attempts == 2
    assert math.isclose(row.seconds, 3.3)


def test_running_trials_are_not_listed() -> None:
    assert len(board_of(Shape(12, finished=False)).rows) == 10


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-x", "@SUM(A1)", "\t=1", "'=1"])
def test_csv_formulas_are_escaped_and_read_back_by_a_warm_start(text, tmp_path) -> None:
    proposal = Proposed(at=0, trial=0, values={"act": text, "x": -2}, oracle_trial="0")
    end = Ended(at=1, trial=0, outcome=Outcome.COMPLETED, score=-0.5, message=text)
    state = SearchState(trials={0: TrialState(proposal, end=end)})
    table = to_csv(make_leaderboard(state, search="s", objective="o", direction="max"))
    row = next(csv.DictReader(io.StringIO(table, newline="")))
    assert row["values.act"] == row["message"] == f"'{text}"
    assert (row["score"], row["values.x"]) == ("-0.5", "-2")
    (tmp_path / "leaderboard.csv").write_text(table, newline="")
    assert read_table(str(tmp_path / "leaderboard.csv"), "max") == [{"act": text, "x": -2}]
