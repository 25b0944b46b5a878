"""The baseline of every report: expected best of random draws at equal cost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.reporting.comparison import comparisons
from kubenas.reporting.random_search import expected_best, random_search, words
from kubenas.reporting.report_input import ReportInput
from kubenas.search.state import SearchState

from .materials import Shape, material

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(SCORES, st.floats(1, 200), st.sampled_from(["max", "min"]))
def test_it_lies_between_the_mean_and_the_best(scores, trials, direction) -> None:
    best = max(scores) if direction == "max" else min(scores)
    low, high = sorted((float(np.mean(scores)), best))
    assert low - 1e-9 <= expected_best(scores, trials, direction) <= high + 1e-9
    assert expected_best(scores, 1, direction) == pytest.approx(np.mean(scores))


def test_it_is_what_drawing_again_and_again_gives() -> None:
    scores = np.array([0.1, 0.4, 0.5, 0.9])
    draws = np.random.default_rng(1).choice(scores, (200_000, 3))
    assert expected_best(scores, 3, "max") == pytest.approx(draws.max(axis=1).mean(), abs=2e-3)
    assert expected_best(scores, 3, "min") == pytest.approx(draws.min(axis=1).mean(), abs=2e-3)


def report(origin: str, every: int, shape: Shape | None = None, **search: object) -> ReportInput:
    """One in ``every`` trials has ``origin``."""
    plain = material(shape or Shape(60))
    trials = {
        number: replace(trial, proposal=trial.proposal.model_copy(update={"origin": origin}))
        if number % every == 0
        else trial
        for number, trial in plain.state.trials.items()
    }
    state = SearchState(trials, plain.state.active_seconds, closed=plain.state.closed)
    config = plain.config
    update = {"search": config.search.model_copy(update=search)}
    return replace(plain, state=state, config=config.model_copy(update=update))


@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_share_that_was_set_aside_measures_it(direction) -> None:
    of = report("baseline", 4, Shape(60, direction), baseline_share=0.25)
    found = random_search(of)
    assert found is not None
    assert found.kind == "measured"
    assert found.draws >= 10
    assert found.trials == pytest.approx(4 * found.draws, rel=0.5)
    assert found.extrapolated
    assert found.low <= found.expected <= found.high
    sentence = next(text for text in comparisons(of) if text.startswith("Random search"))
    assert "drawn at random for this comparison" in sentence
    assert "at least" in sentence


def test_else_it_is_estimated_from_what_the_oracle_began_with() -> None:
    found = random_search(report("random", 3))
    assert found is not None
    assert "began" not in words(found, "val_accuracy")
    assert "that the oracle drew at random to begin with" in words(found, "val_accuracy")


@pytest.mark.parametrize(
    "of",
    [
        report("random", 1, oracle="random"),
        report("random", 50),
        report(
            "random", 2, rungs=material(Shape(1)).config.search.rungs.model_copy(update={"eta": 3})
        ),
        report("random", 2, baseline_share=0.5),
    ],
    ids=["a random search", "too few", "short trainings only", "none were set aside"],
)
def test_nothing_is_claimed_without_draws_that_compare(of) -> None:
    assert random_search(of) is None
    assert not any("Random search" in text for text in comparisons(of))
