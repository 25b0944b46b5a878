"""Several objectives: their names in the config, and the Pareto front."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kubenas.config.search import SearchConfig
from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.journal.state import TrialState
from kubenas.search.objectives import Objective, objectives_of, pareto_front
from kubenas.trial import Outcome

TWO = (Objective("val_accuracy", "max"), Objective("latency_ms", "min"))
SMALL = st.integers(1, 6).map(float)


@pytest.mark.parametrize("given_", ["val_accuracy, latency_ms,val_loss", None])
def test_objectives_are_a_list_or_a_string_with_directions(given_):
    objective = given_ or ["val_accuracy", "latency_ms", "val_loss"]
    config = SearchConfig.model_validate({"objective": objective})
    assert config.metric == "val_accuracy"
    assert objectives_of(config) == (*TWO, Objective("val_loss", "min"))


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("parameters, val_accuracy", "'parameters' can follow"),
        ("val_accuracy,", "set one metric"),
        ("val_loss, val_loss", "different ones"),
        ([], "set one metric"),
    ],
)
def test_invalid_objectives_are_rejected(objective, words):
    with pytest.raises(ValidationError, match=words):
        SearchConfig.model_validate({"objective": objective})
    with pytest.raises(ValidationError, match="supports a single objective"):
        SearchConfig(oracle="hyperband", objective="val_accuracy, flops")


def trial(number, score, latency, epochs=None):
    return TrialState(
        Proposed(at=0, trial=number, values={}, oracle_trial="", epochs=epochs),
        end=Ended(
            at=1,
            trial=number,
            outcome=Outcome.COMPLETED,
            attempt=1,
            score=score,
            latency_ms=latency,
        ),
    )


@given(st.lists(st.tuples(SMALL, st.none() | SMALL), max_size=20))
def test_the_front_is_not_dominated(pairs):
    trials = [trial(number, *pair) for number, pair in enumerate(pairs)]
    known = {n: pair for n, pair in enumerate(pairs) if pair[1] is not None}

    def beats(a, b):
        return a != b and a[0] >= b[0] and a[1] <= b[1]

    expected = {n for n, p in known.items() if not any(beats(q, p) for q in known.values())}
    assert pareto_front(trials, TWO) == expected


def test_a_lower_rung_is_not_on_the_front():
    assert pareto_front([trial(0, 0.9, 1.0, 1), trial(1, 0.5, 2.0, 9)], TWO) == {1}
