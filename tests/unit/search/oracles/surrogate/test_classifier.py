"""Binary Gaussian process classification."""

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


def boundary(points: InputFeatures) -> Floats:
    return np.where(points.positions.sum(axis=1) < 1.2, 1.0, -1.0)


def random_outcomes(points: InputFeatures) -> Floats:
    return np.asarray(np.random.default_rng(7).choice([1.0, -1.0], len(points)))


@pytest.mark.parametrize("outcomes", [boundary, random_outcomes])
@pytest.mark.parametrize("amplitude", [1.0, 16.0, 1e5])
def test_the_gradient_is_zero_at_the_mode(
    amplitude: float, outcomes: Callable[[InputFeatures], Floats]
) -> None:
    points = repeated(inputs(60, seed=1))
    covariance, labels = amplitude * (1.0 + KERNEL(points, points)), outcomes(points)
    weights = _laplace(covariance, labels).weights
    slopes, _ = _derivatives(covariance @ weights, labels)
    np.testing.assert_allclose(slopes, weights, atol=1e-2)


def test_a_step_that_lowers_the_posterior_is_shortened() -> None:
    rng = np.random.default_rng(70)  # one of few seeds with such a step
    columns = rng.normal(size=(rng.integers(3, 24), 2)) * rng.choice([1, 10])
    columns = np.concatenate([columns, columns[:2]])
    labels = rng.choice([1.0, -1.0], len(columns))
    apart = ((columns[:, None] - columns) ** 2).sum(axis=-1)
    covariance = 1e4 * (1.0 + columns @ columns.T + np.exp(-apart))
    weights = _laplace(covariance, labels).weights
    slopes, _ = _derivatives(covariance @ weights, labels)
    np.testing.assert_allclose(slopes, weights, atol=1e-3)


def test_one_observation_gives_the_analytical_result() -> None:
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


def test_probabilities_of_both_classes_add_up_to_one() -> None:
    points, new = inputs(40, seed=2), inputs(30, seed=3)
    one = GaussianProcessClassifier(KERNEL, points, boundary(points), 4.0).log_probabilities(new)
    other = GaussianProcessClassifier(KERNEL, points, -boundary(points), 4.0).log_probabilities(new)
    np.testing.assert_allclose(np.exp(one) + np.exp(other), 1.0)


def test_it_is_confident_far_from_the_boundary() -> None:
    points, new = inputs(100, seed=4), inputs(400, seed=5)
    classifier = GaussianProcessClassifier(KERNEL, points, boundary(points), 16.0)
    right = np.exp(classifier.log_probabilities(new))[boundary(new) > 0]
    wrong = np.exp(classifier.log_probabilities(new))[boundary(new) < 0]
    assert np.median(right) > 0.8
    assert np.median(wrong) < 0.2


def test_a_boundary_gets_a_large_amplitude_and_noise_a_small_one() -> None:
    points = inputs(100, seed=6)
    assert most_likely_amplitude(KERNEL, points, boundary(points)) == 16.0
    assert most_likely_amplitude(KERNEL, points, random_outcomes(points)) == 1.0
