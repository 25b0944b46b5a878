"""Chances learned from outcomes of two kinds."""

import numpy as np
import pytest

from kubenas.search.oracles.atlas import Inputs
from kubenas.search.oracles.classification import (
    GaussianProcessClassifier,
    _derivatives,
    _laplace,
    likeliest_amplitude,
)
from kubenas.search.oracles.dimension import Floats
from kubenas.search.oracles.kernel import Kernel
from kubenas.search.oracles.trend import Scale, Trend

NO_TREND = Trend(Scale.of(np.empty((1, 0))), weight=1.0)
KERNEL = Kernel(
    np.array([True, True]),
    np.array([2.0, 2.0]),
    weights=(1.0, 0.0, 0.0),
    size_rate=1.0,
    size_trend=NO_TREND,
    tally_trend=NO_TREND,
)


def inputs(count: int, seed: int) -> Inputs:
    positions = np.random.default_rng(seed).random((count, 2))
    return Inputs(positions, None, np.empty((count, 0)), np.empty((count, 0)))


def border(points: Inputs) -> Floats:
    return np.where(points.positions.sum(axis=1) < 1.2, 1.0, -1.0)


def by_chance(points: Inputs) -> Floats:
    return np.asarray(np.random.default_rng(7).choice([1.0, -1.0], len(points)))


@pytest.mark.parametrize("amplitude", [1.0, 16.0, 1000.0])
def test_the_mode_is_where_nothing_is_to_be_gained(amplitude: float) -> None:
    points = inputs(60, seed=1)
    covariance, outcomes = amplitude * (1.0 + KERNEL(points, points)), border(points)
    slopes = _laplace(covariance, outcomes).slopes
    there, _ = _derivatives(covariance @ slopes, outcomes)
    np.testing.assert_allclose(there, slopes, atol=1e-3)


def test_what_is_likely_for_one_outcome_is_unlikely_for_the_other() -> None:
    points, new = inputs(40, seed=2), inputs(30, seed=3)
    one = GaussianProcessClassifier(KERNEL, points, border(points), 4.0).log_chances(new)
    other = GaussianProcessClassifier(KERNEL, points, -border(points), 4.0).log_chances(new)
    np.testing.assert_allclose(np.exp(one) + np.exp(other), 1.0)


def test_of_what_lies_far_from_the_border_it_is_sure() -> None:
    points, new = inputs(100, seed=4), inputs(400, seed=5)
    classifier = GaussianProcessClassifier(KERNEL, points, border(points), 16.0)
    right = np.exp(classifier.log_chances(new))[border(new) > 0]
    wrong = np.exp(classifier.log_chances(new))[border(new) < 0]
    assert np.median(right) > 0.8
    assert np.median(wrong) < 0.2


def test_a_border_is_sharp_and_chance_is_not() -> None:
    points = inputs(100, seed=6)
    assert likeliest_amplitude(KERNEL, points, border(points)) == 16.0
    assert likeliest_amplitude(KERNEL, points, by_chance(points)) == 1.0
