"""Chances learned from outcomes of two kinds."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, stats

from kubenas.search.oracles.encoding.dimension import Floats
from kubenas.search.oracles.surrogate.classifier import (
    GaussianProcessClassifier,
    _derivatives,
    _laplace,
    most_likely_amplitude,
)
from kubenas.search.oracles.surrogate.input_features import InputFeatures
from kubenas.search.oracles.surrogate.kernel import Kernel
from kubenas.search.oracles.surrogate.trend import StandardScaler, Trend

NO_TREND = Trend(StandardScaler.fit(np.empty((1, 0))), weight=1.0)
KERNEL = Kernel(
    np.array([True, True]),
    np.array([2.0, 2.0]),
    weights=(1.0, 0.0, 0.0),
    size_rate=1.0,
    size_trend=NO_TREND,
    count_trend=NO_TREND,
)


def inputs(count: int, seed: int) -> InputFeatures:
    positions = np.random.default_rng(seed).random((count, 2))
    return InputFeatures(positions, None, np.empty((count, 0)), np.empty((count, 0)))


def repeated(points: InputFeatures) -> InputFeatures:
    return points[np.repeat(np.arange(len(points)), 2)]


def border(points: InputFeatures) -> Floats:
    return np.where(points.positions.sum(axis=1) < 1.2, 1.0, -1.0)


def by_chance(points: InputFeatures) -> Floats:
    return np.asarray(np.random.default_rng(7).choice([1.0, -1.0], len(points)))


@pytest.mark.parametrize("outcomes", [border, by_chance])
@pytest.mark.parametrize("amplitude", [1.0, 16.0, 1e5])
def test_the_mode_is_where_nothing_is_to_be_gained(
    amplitude: float, outcomes: Callable[[InputFeatures], Floats]
) -> None:
    points = repeated(inputs(60, seed=1))
    covariance, labels = amplitude * (1.0 + KERNEL(points, points)), outcomes(points)
    weights = _laplace(covariance, labels).weights
    slopes, _ = _derivatives(covariance @ weights, labels)
    np.testing.assert_allclose(slopes, weights, atol=1e-2)


def test_a_step_after_which_the_posterior_would_be_lower_is_not_taken_whole() -> None:
    rng = np.random.default_rng(70)  # one of few in which there is such a step
    columns = rng.normal(size=(rng.integers(3, 24), 2)) * rng.choice([1, 10])
    columns = np.concatenate([columns, columns[:2]])
    labels = rng.choice([1.0, -1.0], len(columns))
    apart = ((columns[:, None] - columns) ** 2).sum(axis=-1)
    covariance = 1e4 * (1.0 + columns @ columns.T + np.exp(-apart))
    weights = _laplace(covariance, labels).weights
    slopes, _ = _derivatives(covariance @ weights, labels)
    np.testing.assert_allclose(slopes, weights, atol=1e-3)


def test_what_one_observation_tells_is_as_worked_out_by_hand() -> None:
    points, new, amplitude = inputs(1, seed=8), inputs(1, seed=9), 4.0
    own, cross = amplitude * 2.0, amplitude * (1.0 + KERNEL(new, points).item())

    def slope(latent: float) -> float:
        return float(np.exp(stats.norm.logpdf(latent) - stats.norm.logcdf(latent)))

    mode = optimize.brentq(lambda latent: latent - own * slope(latent), 0.0, 10.0)
    curvature = slope(mode) * (slope(mode) + mode)
    variance = own - cross**2 / (own + 1.0 / curvature)
    expected = stats.norm.logcdf(cross * slope(mode) / np.sqrt(1.0 + variance))
    classifier = GaussianProcessClassifier(KERNEL, points, np.array([1.0]), amplitude)
    assert classifier.log_probabilities(new) == pytest.approx(expected, abs=1e-3)


def test_what_is_likely_for_one_outcome_is_unlikely_for_the_other() -> None:
    points, new = inputs(40, seed=2), inputs(30, seed=3)
    one = GaussianProcessClassifier(KERNEL, points, border(points), 4.0).log_probabilities(new)
    other = GaussianProcessClassifier(KERNEL, points, -border(points), 4.0).log_probabilities(new)
    np.testing.assert_allclose(np.exp(one) + np.exp(other), 1.0)


def test_of_what_lies_far_from_the_border_it_is_sure() -> None:
    points, new = inputs(100, seed=4), inputs(400, seed=5)
    classifier = GaussianProcessClassifier(KERNEL, points, border(points), 16.0)
    right = np.exp(classifier.log_probabilities(new))[border(new) > 0]
    wrong = np.exp(classifier.log_probabilities(new))[border(new) < 0]
    assert np.median(right) > 0.8
    assert np.median(wrong) < 0.2


def test_a_border_is_sharp_and_chance_is_not() -> None:
    points = inputs(100, seed=6)
    assert most_likely_amplitude(KERNEL, points, border(points)) == 16.0
    assert most_likely_amplitude(KERNEL, points, by_chance(points)) == 1.0
