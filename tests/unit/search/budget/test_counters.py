"""Counters: they agree with the state, and an update takes constant time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.search.budget.counters import SearchCounters
from kubenas.search.journal.chunked_map import ChunkedMap
from kubenas.search.journal.records import Ended, Opened, Proposed, Record, Started
from kubenas.search.journal.state import SearchState, advance, fold, is_trial_record
from kubenas.trial import FailureClass, Outcome
from tests.unit.search.journal.test_state import histories


def figures(counters: SearchCounters) -> dict[str, object]:
    return {
        "open": counters.open,
        "best": counters.best,
        "epoch_seconds": list(counters.epoch_seconds),
        "best_epoch_seconds": counters.best_epoch_seconds,
        "ended": counters.ended,
        "completed": counters.completed,
        "seconds": pytest.approx(counters.seconds),
    }


@given(histories(), st.sampled_from(["max", "min"]), st.data())
def test_counters_agree_with_the_state(records, direction, data):
    half = data.draw(st.integers(0, len(records)))
    state = fold(records[:half])
    counters = SearchCounters(state, direction)
    for record in records[half:]:
        state = advance(state, record)
        counters.update(record, state.trials[record.trial] if is_trial_record(record) else None)
    assert figures(counters) == figures(SearchCounters(state, direction))
    ranked = state.ranked(direction)
    assert counters.best == ((ranked[0].end.score, ranked[0].number) if ranked else None)
    assert counters.ended == len(state.ended())
    assert counters.completed == len(state.ended(Outcome.COMPLETED))
    assert counters.seconds == pytest.approx(sum(trial.seconds for trial in state.trials.values()))
    assert counters.open == [trial for trial in state.trials.values() if trial.end is None]
    assert all(counters.trial_number(str(number)) == number for number in state.trials)


def test_recent_counters_are_reset_when_the_search_is_opened():
    counters = SearchCounters(SearchState(), "max")
    bug = Ended(
        at=1.0, trial=0, outcome="failed", attempt=1, failure=FailureClass.APPLICATION, message="x"
    )
    counters.update(bug, None)
    assert (counters.recent_trials, counters.recent_failures) == (1, 1)
    counters.update(Opened(at=2.0, controller="b"), None)
    assert (counters.recent_trials, counters.recent_failures) == (0, 0)


def test_the_end_of_a_duplicate_changes_only_the_count():
    counters = SearchCounters(SearchState(), "max")
    counters.update(Ended(at=1.0, trial=1, outcome="completed", score=0.5, epochs=3), None)
    assert (counters.ended, counters.completed) == (1, 1)
    assert (counters.best, counters.recent_trials, list(counters.epoch_seconds)) == (None, 0, [])


def trial(number: int) -> list[Record]:
    end = {"attempt": 1, "score": number % 97 / 97, "seconds": 2.0, "epochs": 3}
    return [
        Proposed(at=1.0, trial=number, values={"x": number}, oracle_trial=str(number)),
        Started(at=2.0, trial=number, attempt=1),
        Ended(at=3.0, trial=number, outcome=Outcome.COMPLETED, **end),
    ]


def seconds_of_steps(state: SearchState, counters: SearchCounters, steps: int) -> float:
    records = [record for number in range(steps) for record in trial(len(state.trials) + number)]
    started = time.process_time()
    for record in records:
        state = advance(state, record)
        counters.update(record, state.trials[record.trial])
        assert len(counters.open) <= 1
    return time.process_time() - started


def test_a_step_takes_constant_time_and_40000_records_fold_in_2_seconds():
    records = [record for number in range(13_400) for record in trial(number)]
    started = time.process_time()
    large = fold(records)
    assert time.process_time() - started < 2.0
    sizes = {"small": fold(records[:300]), "large": large}
    all_counters = {name: SearchCounters(state, "max") for name, state in sizes.items()}
    best = {
        name: min(seconds_of_steps(state, all_counters[name], 100) for _ in range(5))
        for name, state in sizes.items()
    }
    assert best["large"] < 3 * best["small"]  # a copy of 13,000 entries would make it 10 or more


@given(st.dictionaries(st.integers(0, 1000), st.integers()), st.integers(0, 1000), st.integers())
def test_a_chunked_map_copies_like_a_dict(values, number, value):
    before = ChunkedMap.of(values)
    after = before.with_value(number, value)
    assert before == values
    assert after == {**values, number: value}
    assert len(after) == len({*values, number})
    assert set(before) == set(values)
