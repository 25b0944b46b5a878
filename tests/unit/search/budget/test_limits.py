"""Stop conditions of a search, duplicates, seeds and the estimate of the remaining time."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.config.search import SearchConfig
from kubenas.search.budget.cost import Cost, Rate
from kubenas.search.budget.counters import SearchCounters
from kubenas.search.budget.limits import Usage, measure, stop_reason, trial_limit_reason
from kubenas.search.journal.records import Ended, Opened, Proposed, Started
from kubenas.search.journal.state import SearchState, fold
from kubenas.search.objectives import objectives_of
from kubenas.search.progress import estimate_seconds_left
from kubenas.search.proposals.duplicates import DuplicateFinder, duplicate_end, signature
from kubenas.search.seeds import derived_seed
from kubenas.trial import Outcome

USAGE = Usage(
    trials=3,
    seconds=50.0,
    cost=Cost(gpu_hours=1.0),
    affordable_seconds=None,
    best=0.9,
    best_trial=1,
    epoch_seconds=4.0,
    slow_epoch_seconds=5.0,
)
values = st.dictionaries(
    st.text(max_size=3), st.integers() | st.booleans() | st.floats(0, 1) | st.text(max_size=3)
)


@pytest.mark.parametrize(
    ("limits", "direction", "words"),
    [
        ({}, "max", ""),
        ({"max_seconds": 53}, "max", ""),
        ({"max_seconds": 51.9}, "max", "seconds"),
        ({"max_seconds": 20}, "max", "seconds"),
        ({"target_score": 0.9}, "max", "target"),
        ({"target_score": 0.91}, "max", ""),
        ({"target_score": 0.91}, "min", "target"),
        ({"target_score": 0.89}, "min", ""),
    ],
)
def test_limits(limits, direction, words):
    reason = stop_reason(SearchConfig(**limits), USAGE, direction, epochs=8)
    assert (words in reason) if words else reason == ""


@pytest.mark.parametrize(("seconds", "over"), [(None, False), (45.0, False), (44.0, True)])
def test_the_search_stops_when_no_trial_fits_into_the_budget(seconds, over):
    usage = replace(USAGE, affordable_seconds=seconds)  # 8 epochs of 5 s, and a tenth
    reason = stop_reason(SearchConfig(max_gpu_hours=2), usage, "max", epochs=8)
    words = "the remaining budget is too small for another trial: accelerator-hours 1 of 2"
    assert reason == (words if over else "")


def test_the_number_of_trials_is_a_separate_limit():
    assert trial_limit_reason(SearchConfig(max_trials=4), USAGE) == ""
    assert trial_limit_reason(SearchConfig(max_trials=3), USAGE) == "all 3 trials were run"


@pytest.mark.parametrize(
    ("search", "limit"),
    [
        ({}, 24),
        ({"target_score": 0.9}, 24),
        ({"max_seconds": 60}, None),
        ({"max_gpu_hours": 2}, 24),
        ({"max_cost": 5}, None),
        ({"max_trials": 5, "max_seconds": 60}, 5),
    ],
)
def test_another_budget_replaces_the_default_number_of_trials(
    search: dict[str, Any], limit: int | None
) -> None:
    config = SearchConfig(**search)
    assert config.trial_limit == limit
    many = replace(USAGE, trials=10_000)
    assert trial_limit_reason(config, many) == (f"all {limit} trials were run" if limit else "")
    assert stop_reason(SearchConfig(max_trials=3), USAGE, "max", epochs=8) == ""


def test_usage_is_measured_from_the_state():
    records = [Opened(at=100.0, controller="a")]
    for trial, (score, seconds) in enumerate([(0.5, 8.0), (0.7, 4.0), (0.6, 40.0)]):
        records += [
            Proposed(at=101.0, trial=trial, values={}, oracle_trial=str(trial)),
            Started(at=102.0, trial=trial, attempt=1, accelerators=2),
            Ended(
                at=110.0,
                trial=trial,
                outcome=Outcome.COMPLETED,
                attempt=1,
                score=score,
                seconds=seconds,
                epochs=4,
            ),
        ]
    state = fold(records)
    config, rate = SearchConfig(max_gpu_hours=1), Rate(2)
    usage = measure(config, state, SearchCounters(state, "max"), rate=rate, now=115.0)
    assert (usage.trials, usage.best, usage.best_trial) == (3, 0.7, 1)
    assert (usage.epoch_seconds, usage.slow_epoch_seconds) == (2.0, 10.0)
    assert usage.cost.gpu_hours == pytest.approx(2 * 52 / 3600)
    assert usage.affordable_seconds == pytest.approx(1800 - 52)
    assert usage.seconds >= 15.0
    empty = SearchState()
    assert measure(config, empty, SearchCounters(empty, "max"), rate=rate, now=1.0).best is None


@given(values)
def test_the_order_of_values_does_not_matter(content):
    assert signature(content) == signature(dict(reversed(list(content.items()))))


@given(values, values)
def test_different_values_differ(one, other):
    assert (signature(one) == signature(other)) == (
        repr(sorted(one.items())) == repr(sorted(other.items()))
    )


def test_signatures_ignore_control_values_but_not_epochs():
    rung = {"x": 1, "tuner/epochs": 2, "tuner/initial_epoch": 0, "tuner/bracket": 1}
    assert signature(rung, 2) == signature({**rung, "tuner/bracket": 0, "tuner/round": 3}, 2)
    assert signature(rung, 2) == signature({"x": 1}, 2)
    assert signature(rung, 2) != signature(rung, 6)


@given(st.lists(st.integers(0, 5), max_size=30))
def test_a_duplicate_refers_to_the_first_trial_with_its_signature(xs):
    originals = DuplicateFinder()
    for number, x in enumerate(xs):
        found = originals.find({"x": x})
        assert found == (xs.index(x) if x in xs[:number] else None)
        originals.add(
            Proposed(at=0.0, trial=number, values={"x": x}, oracle_trial="", duplicate_of=found)
        )
        fresh = next(
            (back for back in range(number + 1) if xs[number - back] not in xs[: number - back]), 0
        )
        assert originals.in_a_row == fresh


def test_a_duplicate_costs_nothing():
    original = Ended(
        at=1.0, trial=3, outcome=Outcome.COMPLETED, attempt=2, score=0.5, seconds=9.0, epochs=4
    )
    copy = duplicate_end(original, trial=8, at=2.0)
    assert (copy.trial, copy.at, copy.attempt, copy.seconds) == (8, 2.0, None, 0.0)
    assert (copy.score, copy.outcome, copy.epochs) == (0.5, Outcome.COMPLETED, 4)
    assert "trial 3" in copy.message


@pytest.mark.parametrize(
    ("objective", "direction"),
    [
        ("val_accuracy", "max"),
        ("val_loss", "min"),
        ("val_mae", "min"),
        ("val_mean_squared_error", "min"),
        ("val_auc", "max"),
        ("val_sparse_categorical_crossentropy", "min"),
    ],
)
def test_the_direction_follows_from_the_objective(objective, direction):
    assert objectives_of(SearchConfig(objective=objective))[0].direction == direction
    given_ = SearchConfig(objective=objective, direction="max")
    assert objectives_of(given_)[0].direction == "max"


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_seeds_of_neighbours_are_independent(one, other):
    assert 1 <= derived_seed("oracle", one) < 2**31
    if one != other:
        assert abs(derived_seed("oracle", one) - derived_seed("oracle", other)) > 100


def test_the_time_left_is_estimated_from_the_pace():
    assert estimate_seconds_left(seconds=10.0, done=2, total=6) == 20.0
    assert estimate_seconds_left(seconds=10.0, done=2, total=6, limit=5.0) == 5.0
    assert estimate_seconds_left(seconds=10.0, done=2, total=None, limit=50.0) == 50.0
    assert estimate_seconds_left(seconds=10.0, done=2, total=None, limit=-5.0) == 0.0
    assert estimate_seconds_left(seconds=10.0, done=0, total=6) is None
    assert estimate_seconds_left(seconds=10.0, done=6, total=6) == 0.0
