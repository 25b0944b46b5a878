"""Search state: incremental updates agree with the fold; contradictions are rejected."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.search.journal.journal import JournalDamaged
from kubenas.search.journal.records import AttemptLost, Closed, Ended, Opened, Proposed, Started
from kubenas.search.journal.state import SearchState, advance, fold
from kubenas.trial import FailureClass, Outcome


@st.composite
def histories(draw):
    """Generates valid journals of several interleaved trials at any stage."""
    records = [Opened(at=0.0, controller="a")]
    stages: dict[int, tuple[str, int]] = {}
    for at in range(draw(st.integers(0, 40))):
        open_trials = [trial for trial, (stage, _) in stages.items() if stage != "ended"]
        trial = draw(st.sampled_from([*open_trials, len(stages)]))
        stage, attempt = stages.get(trial, ("new", 0))
        common = {"at": float(at), "trial": trial}
        if draw(st.integers(0, 9)) == 0:
            records.append(Opened(at=float(at), controller="b"))
        elif stage == "new":
            records.append(Proposed(**common, values={"x": trial}, oracle_trial=str(trial)))
            stages[trial] = ("waiting", 0)
        elif stage == "waiting":
            records.append(Started(**common, attempt=attempt + 1))
            stages[trial] = ("running", attempt + 1)
        elif draw(st.booleans()):
            failure = draw(st.sampled_from(FailureClass))
            records.append(AttemptLost(**common, attempt=attempt, failure=failure, seconds=1.0))
            stages[trial] = ("waiting", attempt)
        else:
            score = draw(st.floats(-1, 1))
            end = Ended(**common, outcome=Outcome.COMPLETED, attempt=attempt, score=score)
            records.append(end)
            stages[trial] = ("ended", attempt)
    return records


@given(histories())
def test_advance_agrees_with_fold(records):
    state = SearchState()
    for record in records:
        state = advance(state, record)
    assert state == fold(records)


@given(histories(), st.data())
def test_a_state_is_immutable(records, data):
    half = data.draw(st.integers(0, len(records)))
    state = fold(records[:half])
    later = state
    for record in records[half:]:
        later = advance(later, record)
    assert state == fold(records[:half])
    assert later == fold(records)


@given(histories())
def test_ranking_is_sorted_and_complete(records):
    state = fold(records)
    for direction, sign in (("max", -1), ("min", 1)):
        ranked = state.ranked(direction)
        keys = [(sign * trial.end.score, trial.number) for trial in ranked]
        assert keys == sorted(keys)
        assert len(ranked) == len(state.ended(Outcome.COMPLETED))


@given(histories())
def test_active_time_excludes_gaps_between_controllers(records):
    gaps = sum(
        after.at - before.at for before, after in pairwise(records) if isinstance(after, Opened)
    )
    state = fold(records)
    assert state.active_seconds == pytest.approx(records[-1].at - records[0].at - gaps)


PROPOSED = Proposed(at=0.0, trial=0, values={}, oracle_trial="0")
STARTED = Started(at=0.0, trial=0, attempt=1)
ENDED = Ended(at=0.0, trial=0, outcome=Outcome.FAILED)
CLOSED = Closed(at=0.0, reason="done")


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([PROPOSED, PROPOSED], "proposed twice"),
        ([STARTED], "was not proposed"),
        ([PROPOSED, ENDED, ENDED], "has already ended"),
        ([PROPOSED, ENDED, STARTED], "has already ended"),
        ([CLOSED, PROPOSED], "closed"),
    ],
)
def test_contradicting_records_are_rejected(records, words):
    with pytest.raises(JournalDamaged, match=rf"0000000{len(records)}.json: .*{words}"):
        fold(records)
