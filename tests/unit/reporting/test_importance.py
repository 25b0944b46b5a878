import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kruskal

from kubenas.reporting.plots.importance_plot import plot_importance
from kubenas.reporting.tables.importance import MIN_TRIALS, rank_hyperparameters
from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.journal.state import TrialState
from kubenas.trial import Outcome

from .materials import Shape, search_state


def trial(number: int, score: float, **values: object) -> TrialState:
    return TrialState(
        Proposed(at=0, trial=number, values=values, oracle_trial=str(number)),
        end=Ended(at=1, trial=number, outcome=Outcome.COMPLETED, score=score),
    )


def noise(trials: int, seed: int) -> list[TrialState]:
    """Trials with eight hyperparameters without effect."""
    chance = random.Random(seed)
    return [
        trial(n, chance.random(), **{f"h{i}": chance.randint(0, 3) for i in range(8)})
        for n in range(trials)
    ]


@pytest.mark.parametrize("trials", [12, 60])
def test_noise_is_rarely_significant(trials) -> None:
    falsely = sum(
        any(c.significant for c in rank_hyperparameters(noise(trials, seed))) for seed in range(40)
    )
    # At most 5 % are expected; 7 or more of 40 have a probability of 0.3 %.
    assert falsely < 7


def test_noise_has_a_mean_effect_near_zero() -> None:
    effects = [c.effect for seed in range(10) for c in rank_hyperparameters(noise(60, seed))]
    assert np.mean(effects) < 0.03


@pytest.mark.parametrize("direction", ["max", "min"])
def test_the_relevant_hyperparameter_ranks_first(direction) -> None:
    found = rank_hyperparameters(search_state(Shape(40, direction)).ranked(direction))
    assert found[0].name == "layers"
    assert found[0].significant
    assert found[0].effect > 0.8
    assert [c.name for c in found if c.significant] == ["layers"]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=12, max_size=40))
def test_effect_matches_the_kruskal_wallis_statistic(pairs) -> None:
    found = rank_hyperparameters(
        [trial(n, float(score), h=group) for n, (group, score) in enumerate(pairs)]
    )
    groups = [[s for g, s in pairs if g == group] for group in sorted({g for g, _ in pairs})]
    if len(groups) < 2:
        assert found == []
        return
    (choice,) = found
    assert [list(group.scores) for group in choice.groups] == groups
    if len({score for _, score in pairs}) == 1:
        assert choice.effect == 0
        return
    n, k = len(pairs), len(groups)
    statistic = kruskal(*groups).statistic
    assert choice.effect == pytest.approx(max(0, 1 - (1 - statistic / (n - 1)) * (n - 1) / (n - k)))


def test_no_importance_for_few_trials() -> None:
    assert rank_hyperparameters(noise(MIN_TRIALS - 1, 0)) == []


def test_rarely_active_hyperparameters_are_left_out() -> None:
    trials = noise(20, 1) + [trial(20 + n, 0.5, h0=1, rare=n) for n in range(3)]
    assert "rare" not in [choice.name for choice in rank_hyperparameters(trials)]


def test_many_numbers_become_four_ordered_ranges() -> None:
    rates = [10 ** (-4 + n / 20) for n in range(60)]
    (choice,) = rank_hyperparameters([trial(n, rate, rate=rate) for n, rate in enumerate(rates)])
    assert [len(group.scores) for group in choice.groups] == [15] * 4
    assert choice.groups[0].label == "0.0001\u20130.0005"
    assert all(len(group.label) <= 16 for group in choice.groups)


def test_large_whole_numbers_keep_their_digits() -> None:
    (choice,) = rank_hyperparameters([trial(n, n / 50, units=1_000 + 3 * n) for n in range(50)])
    assert choice.groups[0].label == "1000\u20131036"


def test_strings_booleans_and_mixed_values_are_grouped() -> None:
    values = ["relu", True, 3, 0.5]
    (choice,) = rank_hyperparameters([trial(n, n % 7, h=values[n % 4]) for n in range(40)])
    assert sorted(group.label for group in choice.groups) == ["0.5", "3", "True", "relu"]


def test_plot_label_contains_the_medians() -> None:
    found = rank_hyperparameters(search_state(Shape(40)).ranked("max"))[0]
    plot = plot_importance(found, objective="val_accuracy", direction="max")
    for group in found.groups:
        assert f"{group.label}: median {100 * np.median(group.scores):.2f}" in plot.replace(
            "\u202f", " "
        )
        assert f">n={len(group.scores)}</text>" in plot
