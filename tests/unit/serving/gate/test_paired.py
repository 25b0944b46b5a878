"""Exact error rates of the paired interval, summed over all outcomes."""

import numpy as np
import pytest
from scipy.stats import binom

from kubenas.serving.gate.paired import compare, paired_interval

CONFIDENCE = 0.95


def chance_of_low_end_above(
    bound: float, *, examples: int, discordant: int, gained_share: float
) -> float:
    """Probability given the number of discordant examples and the share of gained examples."""
    gained = np.arange(discordant + 1)
    low = [
        paired_interval(int(g), int(discordant - g), examples, confidence=CONFIDENCE)[0]
        for g in gained
    ]
    return float(binom.pmf(gained, discordant, gained_share)[np.array(low) > bound].sum())


@pytest.mark.parametrize("examples", [50, 100, 500, 2000])
def test_type_1_error_for_equal_models(examples: int) -> None:
    worst = max(
        chance_of_low_end_above(0, examples=examples, discordant=discordant, gained_share=0.5)
        for discordant in range(min(examples, 300) + 1)
    )
    assert 0.02 < worst < 0.04


@pytest.mark.parametrize("examples", [500, 2000])
@pytest.mark.parametrize("disagreement", [0.015, 0.06, 0.2])
def test_type_1_error_at_the_non_inferiority_margin(examples: int, disagreement: float) -> None:
    margin = 0.01
    share = (disagreement - margin) / 2 / disagreement
    counts = binom(examples, disagreement)
    likely = range(int(counts.ppf(1e-6)), int(counts.ppf(1 - 1e-6)) + 1)
    error = sum(
        counts.pmf(discordant)
        * chance_of_low_end_above(
            -margin, examples=examples, discordant=discordant, gained_share=share
        )
        for discordant in likely
    )
    assert 0.01 < error < 0.045


def test_interval_has_width_without_disagreement() -> None:
    low, high = paired_interval(0, 0, 50, confidence=CONFIDENCE)
    assert -0.06 < low < -0.04
    assert high == -low


def test_compare_counts_discordant_examples() -> None:
    challenger = np.array([True, True, False, True, False])
    champion = np.array([True, False, True, False, False])
    found = compare(challenger, champion, confidence=CONFIDENCE)
    assert (found.gained, found.lost, found.examples) == (2, 1, 5)
    assert found.difference == pytest.approx(0.2)
    assert found.low < found.difference < found.high
    with pytest.raises(ValueError, match="not the same examples"):
        compare(challenger, champion[:4], confidence=CONFIDENCE)
