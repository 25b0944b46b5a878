import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.reporting.plots.search_plots import best_by_trial, learning_curves, score_by_cost
from kubenas.reporting.tables.incumbent import busy_seconds, incumbents
from kubenas.reporting.tables.leaderboard import Row, make_leaderboard
from kubenas.reporting.tables.pareto import Point, pareto_front
from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.journal.state import SearchState, TrialState
from kubenas.trial import Outcome

from .materials import Shape, material, search_state

SMALL = st.integers(1, 6).map(float)
POINTS = st.lists(st.tuples(SMALL, SMALL), max_size=30).map(
    lambda pairs: [Point(number, *pair) for number, pair in enumerate(pairs)]
)


@settings(max_examples=40)
@given(POINTS, st.sampled_from(["max", "min"]))
def test_front_contains_the_non_dominated_points(points, direction) -> None:
    sign = 1 if direction == "max" else -1

    def beats(a: Point, b: Point) -> bool:
        at_least = a.cost <= b.cost and sign * a.score >= sign * b.score
        equal = (a.cost, a.score) == (b.cost, b.score)
        return at_least and (not equal or a.trial < b.trial)

    expected = [p for p in points if not any(beats(other, p) for other in points)]
    assert pareto_front(points, direction) == sorted(expected, key=lambda p: p.cost)


def ended(number: int, at: float, score: float | None, seconds: float = 1.0) -> TrialState:
    outcome = Outcome.FAILED if score is None else Outcome.COMPLETED
    return TrialState(
        Proposed(at=0, trial=number, values={}, oracle_trial=str(number)),
        end=Ended(at=at, trial=number, outcome=outcome, score=score, seconds=seconds),
    )


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.none() | SMALL), min_size=1, max_size=20),
    st.sampled_from(["max", "min"]),
)
def test_incumbent_is_the_best_ended_trial(pairs, direction) -> None:
    trials = {n: ended(n, float(at), score) for n, (at, score) in enumerate(pairs)}
    steps = incumbents(SearchState(trials=trials), direction)
    assert [step.ended for step in steps] == list(range(1, len(pairs) + 1))
    best = max if direction == "max" else min
    order = sorted(range(len(pairs)), key=lambda n: (pairs[n][0], n))
    for place, step in enumerate(steps):
        scores = [s for n in order[: place + 1] if (s := pairs[n][1]) is not None]
        assert step.best == (best(scores) if scores else None)
        before = steps[place - 1].best if place else None
        assert step.improved == (step.best != before)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=10))
def test_busy_seconds_excludes_gaps_and_overlaps(spans) -> None:
    trials = [ended(n, float(b + s), 1.0, float(s)) for n, (b, s) in enumerate(spans)]
    moments = [0.0, 7.0, 15.0, 50.0]
    busy = {second for b, s in spans for second in range(b, b + s)}
    expected = [float(sum(second < moment for second in busy)) for moment in moments]
    assert busy_seconds(trials, moments) == expected


def test_duplicates_are_not_steps() -> None:
    state = search_state(Shape(40))
    own = [t for t in state.ended() if t.proposal.duplicate_of is None]
    assert [step.trial for step in incumbents(state, "max")] == [trial.number for trial in own]
    assert len(own) < len(state.ended())


@pytest.mark.parametrize("direction", ["max", "min"])
def test_the_plot_of_the_incumbent_ends_with_the_best(direction) -> None:
    report = material(Shape(40, direction))
    figure = best_by_trial(report)
    assert figure
    best = report.ranked[0].end
    assert best
    assert best.score
    text = f"{100 * best.score:.2f}" if direction == "max" else f"{best.score:.4f}"
    assert f"best {text}" in figure.drawing


def test_non_finite_scores_are_not_drawn() -> None:
    state = SearchState(trials={0: ended(0, 1, math.inf), 1: ended(1, 2, 0.5), 2: ended(2, 3, 0.6)})
    report = replace(material(Shape(1)), state=state, winner=None, histories={})
    figure = best_by_trial(report)
    assert figure
    assert "inf" not in figure.drawing
    assert figure.drawing.count("<circle") == 2


def test_nothing_to_draw_draws_nothing() -> None:
    report = material(Shape(0))
    assert best_by_trial(report) is None
    assert learning_curves(report) is None
    assert score_by_cost(report, "parameters") is None


def test_selected_or_best_network_is_marked() -> None:
    done, running = material(Shape(40)), material(Shape(12, finished=False))
    marked = score_by_cost(done, "parameters")
    assert marked
    assert ">selected</text>" in marked.drawing
    figure = score_by_cost(running, "latency_ms")
    assert figure
    assert ">best</text>" in figure.drawing


def test_best_curves_are_labelled() -> None:
    report = material(Shape(40))
    figure = learning_curves(report)
    assert figure
    for place, trial in enumerate(report.ranked[:5]):
        assert f">{trial.number}</text>" in figure.drawing
        assert f"top{place}" in figure.drawing


def test_higher_rungs_rank_first_and_only_equal_rungs_compare() -> None:
    given_ = [(1, None, 0.5), (1, None, 0.9), (3, 1, 0.7), (1, None, 0.95), (3, 3, 0.8)]
    trials = {}
    for number, (epochs, parent, score) in enumerate(given_):
        trial = ended(number, float(number), score)
        update = {"epochs": epochs, "parent": parent}
        trials[number] = replace(trial, proposal=trial.proposal.model_copy(update=update))
    state = SearchState(trials=trials)
    assert [step.best for step in incumbents(state, "max")] == [0.5, 0.9, 0.7, 0.7, 0.8]
    assert [trial.number for trial in state.ranked("max")] == [4, 2, 0]
    report = replace(material(Shape(0)), state=state, direction="max")
    assert [trial.number for trial in report.peers] == [3, 1, 0]  # the rung with the most
    rows = {row.trial: row for row in board(state)}
    assert (rows[1].rank, rows[1].trained_further, rows[1].rung) == (None, 2, 1)
    assert (rows[4].rank, rows[4].trained_further, rows[4].rung) == (1, None, 3)


def board(state: SearchState) -> tuple[Row, ...]:
    return make_leaderboard(state, search="s", objective="o", direction="max").rows
