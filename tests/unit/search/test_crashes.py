"""Crashes: a search that is killed at any point and resumed ends the same and repeats no work."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.journal.state import fold
from tests.unit.search.scenario import Scenario
from tests.unit.search.scripted_runner import Crash

PROPOSALS = [
    {"x": 1.0},
    {"x": 4.0, "behave": "lost-once"},
    {"x": 2.0, "behave": "nan"},
    {"x": 1.0},
    {"x": 5.0, "behave": "bug"},
    {"x": 3.0, "behave": "progress"},
    {"x": 2.5, "behave": "asks"},
    {"x": 3.5, "behave": "asks"},
]


def end_of(state):
    return [
        (trial.number, trial.values, trial.end.outcome, trial.end.score) for trial in state.ended()
    ], {each["config"]["name"] for each in state.declared}


def check(scenario, state):
    """Checks the invariants of a finished search."""
    records = scenario.records()
    ended = [record.trial for record in records if isinstance(record, Ended)]
    proposed = [record.values for record in records if isinstance(record, Proposed)]
    assert sorted(ended) == list(range(len(PROPOSALS)))
    assert proposed == PROPOSALS
    assert state == fold(records)
    assert len(scenario.trained) == len(set(scenario.trained))
    for trial in {ref.trial for ref in scenario.trained}:
        # Only the bug is run a second time after it left a result.
        assert sum(ref.trial == trial for ref in scenario.trained) == (2 if trial == 4 else 1)
    assert set(scenario.proposer.reported) == {str(n) for n in range(len(PROPOSALS))}


@pytest.fixture(scope="module", autouse=True)
def short_segments():
    """Short segments, so that crashes can happen between an entry and its segment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kubenas.search.journal.segment.SEGMENT_ENTRIES", 8)
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    scenario = Scenario(tmp_path_factory.mktemp("undisturbed"), PROPOSALS)
    state = scenario.run()
    check(scenario, state)
    return end_of(state), scenario.fuse.passed


def test_a_crash_at_any_point_does_not_change_the_search(tmp_path, undisturbed):
    expected, points = undisturbed
    assert points > 60
    for point in range(1, points):  # after the last one the search is over
        scenario = Scenario(tmp_path / str(point), PROPOSALS)
        with pytest.raises(Crash):
            scenario.run(crash_at=point)
        state = scenario.run()
        check(scenario, state)
        assert end_of(state) == expected, f"after a crash at point {point}"


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(crashes=st.lists(st.integers(1, 40), max_size=12), capacity=st.integers(1, 4))
def test_many_crashes_do_not_change_the_search(tmp_path_factory, undisturbed, crashes, capacity):
    scenario = Scenario(tmp_path_factory.mktemp("crashes"), PROPOSALS)
    state = None
    for point in crashes:
        try:
            state = scenario.run(crash_at=point, capacity=capacity)
            break
        except Crash:
            continue
    state = state or scenario.run(capacity=capacity)
    records = scenario.records()
    assert state == fold(records)
    assert sorted(r.trial for r in records if isinstance(r, Ended)) == list(range(len(PROPOSALS)))
    assert len(scenario.trained) == len(set(scenario.trained))
