"""The random search baseline at equal cost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.reporting.comparison import comparison_sentences
from kubenas.reporting.random_search import (
    describe_random_search,
    estimate_random_search,
    lower_bound,
)
from kubenas.reporting.report_input import ReportInput
from kubenas.search.journal.state import SearchState

from .materials import Shape, material

SCORES = st.lists(st.floats(0, 1), min_size=3, max_size=20)


@given(SCORES, st.floats(1, 200), st.sampled_from(["max", "min"]))
def test_bound_is_a_draw_and_increases_with_the_trials(scores, ratio, direction) -> None:
    sign = 1 if direction == "max" else -1
    few = lower_bound(scores, len(scores), direction)
    many = lower_bound(scores, ratio * len(scores), direction)
    assert {few, many} <= set(scores)
    assert sign * few <= sign * many


@pytest.mark.parametrize("direction", ["max", "min"])
@pytest.mark.parametrize(("draws", "ratio"), [(3, 4), (5, 4), (10, 2.5), (10, 10), (25, 4)])
def test_bound_has_95_percent_coverage(draws: int, ratio: float, direction: str) -> None:
    random = np.random.default_rng(0)
    scores = random.random((2_000, draws))
    chance = 0.5 ** (1 / (ratio * draws))  # the median of the best of so many uniform draws
    if direction == "max":
        held = [lower_bound(each, ratio * draws, "max") <= chance for each in scores]
    else:
        held = [lower_bound(each, ratio * draws, "min") >= 1 - chance for each in scores]
    assert np.mean(held) >= 0.95


@pytest.mark.parametrize(("scores", "trials"), [([0.1, 0.2], 9), ([0.1, 0.2, 0.3], 2.9)])
def test_too_few_draws_raise(scores, trials) -> None:
    with pytest.raises(ValueError, match="no bound for"):
        lower_bound(scores, trials, "max")


def report(origin: str, every: int, shape: Shape | None = None, **search: object) -> ReportInput:
    """Returns a report in which one in ``every`` trials has ``origin``."""
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
def test_reserved_trials_measure_the_baseline(direction) -> None:
    of = report("baseline", 4, Shape(60, direction), baseline_share=0.25)
    found = estimate_random_search(of)
    assert found is not None
    assert found.kind == "measured"
    assert found.draws >= 10
    assert found.trials == pytest.approx(4 * found.draws, rel=0.5)
    assert found.at_least <= found.best if direction == "max" else found.at_least >= found.best
    sentence = next(text for text in comparison_sentences(of) if text.startswith("Random search"))
    assert "reserved for this comparison" in sentence
    assert "or better (95 % confidence)" in sentence


def test_initial_random_trials_estimate_the_baseline() -> None:
    found = estimate_random_search(report("random", 3))
    assert found is not None
    assert "reserved" not in describe_random_search(found, "val_accuracy")
    assert "that the oracle drew for its initial design" in describe_random_search(
        found, "val_accuracy"
    )


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
def test_no_baseline_without_comparable_trials(of) -> None:
    assert estimate_random_search(of) is None
    assert not any("Random search" in text for text in comparison_sentences(of))
