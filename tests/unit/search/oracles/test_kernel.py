"""Covariances: what is alike is alike, however it is worked out."""

import numpy as np
import pytest

from kubenas.search.oracles import kernel as module
from kubenas.search.oracles.atlas import Inputs
from kubenas.search.oracles.dimension import Floats
from kubenas.search.oracles.gaussian_process import GaussianProcess, Settings, fit
from kubenas.search.oracles.kernel import Kernel, SizeScale

ORDERED = np.array([True, True, False, False])
RATES = np.array([1.0, 0.3, 0.7, 0.0])
NO_SIZES = SizeScale.of(np.full((1, 2), np.nan))
VALUES_ALONE = Kernel(ORDERED, RATES, (2.0, 0.0, 0.0), NO_SIZES, size_rate=1.0)


def inputs(positions: Floats) -> Inputs:
    return Inputs(positions, None, np.full((len(positions), 2), np.nan))


def points(count: int, seed: int) -> Floats:
    """A continuum, a scale of five, two choices, one of which does not matter; some inactive."""
    rng = np.random.default_rng(seed)
    columns = [
        rng.random(count),
        rng.integers(5, size=count) / 4,
        *rng.integers(3, size=(2, count)),
    ]
    found = np.stack(columns, axis=1)
    found[rng.random(found.shape) < 0.2] = np.nan
    return np.asarray(found, dtype=float)


def by_definition(left: Floats, right: Floats) -> float:
    distance = 0.0
    for place, rate in enumerate(RATES):
        own, other = left[place], right[place]
        if np.isnan(own) or np.isnan(other):
            distance += rate * float(np.isnan(own) != np.isnan(other))
        else:
            distance += rate * (abs(own - other) if ORDERED[place] else float(own != other))
    return float(2.0 * np.exp(-distance))


@pytest.mark.parametrize("few", [0, 16, 1000])
def test_values_are_as_alike_as_defined(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEW", few)
    left, right = points(30, seed=1), points(40, seed=2)
    expected = [[by_definition(own, other) for other in right] for own in left]
    np.testing.assert_allclose(VALUES_ALONE(inputs(left), inputs(right)), expected)


def test_what_is_expected_at_the_observations_is_what_is_predicted_there() -> None:
    observed = inputs(points(20, seed=3))
    scores = np.random.default_rng(0).normal(size=20)
    process = GaussianProcess(observed, scores, Settings(VALUES_ALONE, noise=0.1))
    mean, _ = process.predict(observed, inputs(np.empty((0, 4))))
    np.testing.assert_allclose(process.smoothed, mean)


def sized(sizes: Floats) -> Inputs:
    """Networks of which nothing but the sizes is known."""
    return Inputs(np.empty((len(sizes), 0)), None, sizes)


def test_a_trend_in_size_goes_on_beyond_what_was_observed() -> None:
    rng = np.random.default_rng(0)
    small = np.stack([rng.uniform(10.0, 12.0, 20), np.full(20, np.nan)], axis=1)
    scores = small[:, 0] - small[:, 0].mean()
    observed = sized(small)
    process = GaussianProcess(observed, scores, fit(observed, scores, np.empty(0, dtype=bool)))
    mean, deviation = process.predict(sized(np.array([[11.0, np.nan], [13.0, np.nan]])))
    assert mean[1] == pytest.approx(13.0 - small[:, 0].mean(), abs=0.3)
    assert deviation[1] > deviation[0]


def test_networks_whose_size_is_not_known_count_as_of_middle_size() -> None:
    scale = SizeScale.of(np.array([[10.0, 20.0], [12.0, 20.0]]))
    np.testing.assert_allclose(scale(np.array([[np.nan, 1.0], [13.0, 1.0]])), [[0.0], [2.0]])
