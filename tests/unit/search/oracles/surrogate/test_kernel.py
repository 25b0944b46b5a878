"""The kernel: covariances, trends and value counts."""

import keras_tuner
import numpy as np
import pytest

from kubenas.search.oracles.encoding.architectures import Architectures
from kubenas.search.oracles.encoding.dimension import Floats
from kubenas.search.oracles.encoding.encoding import Encoding
from kubenas.search.oracles.surrogate import kernel as module
from kubenas.search.oracles.surrogate.gaussian_process import GaussianProcess, Settings, fit
from kubenas.search.oracles.surrogate.input_features import FeatureExtractor, InputFeatures
from kubenas.search.oracles.surrogate.kernel import Kernel
from kubenas.search.oracles.surrogate.trend import StandardScaler, Trend

ORDERED = np.array([True, True, False, False])
RATES = np.array([1.0, 0.3, 0.7, 0.0])
NO_TREND = Trend(StandardScaler.fit(np.empty((1, 0))), weight=1.0)
VALUES_ALONE = Kernel(
    ORDERED,
    RATES,
    weights=(2.0, 0.0, 0.0),
    size_rate=1.0,
    size_trend=NO_TREND,
    count_trend=NO_TREND,
)


def inputs(positions: Floats) -> InputFeatures:
    return InputFeatures(
        positions, None, np.empty((len(positions), 0)), np.empty((len(positions), 0))
    )


def points(count: int, seed: int) -> Floats:
    """Returns points with a continuous, an ordered and two categorical dimensions."""
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
def test_value_covariances_match_the_definition(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEW_VALUES", few)
    left, right = points(30, seed=1), points(40, seed=2)
    expected = [[by_definition(own, other) for other in right] for own in left]
    np.testing.assert_allclose(VALUES_ALONE(inputs(left), inputs(right)), expected)


def test_the_posterior_mean_equals_the_predictions_at_the_observations() -> None:
    observed = inputs(points(20, seed=3))
    scores = np.random.default_rng(0).normal(size=20)
    process = GaussianProcess(observed, scores, Settings(VALUES_ALONE, noise=0.1))
    mean, _ = process.predict(observed, inputs(np.empty((0, 4))))
    np.testing.assert_allclose(process.posterior_mean, mean)


def sized(sizes: Floats) -> InputFeatures:
    """Returns features with nothing but sizes."""
    return InputFeatures(np.empty((len(sizes), 0)), None, sizes, np.empty((len(sizes), 0)))


def test_a_trend_in_size_extrapolates() -> None:
    rng = np.random.default_rng(0)
    small = np.stack([rng.uniform(10.0, 12.0, 20), np.full(20, np.nan)], axis=1)
    scores = small[:, 0] - small[:, 0].mean()
    observed = sized(small)
    process = GaussianProcess(observed, scores, fit(observed, scores, np.empty(0, dtype=bool)))
    mean, deviation = process.predict(sized(np.array([[11.0, np.nan], [13.0, np.nan]])))
    assert mean[1] == pytest.approx(13.0 - small[:, 0].mean(), abs=0.3)
    assert deviation[1] > deviation[0]


def test_unknown_sizes_count_as_the_mean_size() -> None:
    scale = StandardScaler.fit(np.array([[10.0, 20.0], [12.0, 20.0]]))
    np.testing.assert_allclose(scale(np.array([[np.nan, 1.0], [13.0, 1.0]])), [[0.0], [2.0]])


def test_values_are_counted_over_dimensions_with_the_same_choices() -> None:
    space = keras_tuner.HyperParameters()
    for place in range(3):
        space.Choice(f"operation {place}", ["conv", "pool"])
        space.Boolean(f"flag {place}")
        space.Choice(f"width {place}", [1, 2, 4], ordered=True)
    space.Choice("head", ["conv", "dense"])
    encoding = Encoding(space)
    values = {"operation 0": "pool", "operation 1": "conv", "operation 2": "pool", "head": "conv"}
    np.testing.assert_array_equal(
        encoding.value_counts(encoding.encode(values)[None]), [[1.0, 2.0]]
    )


def test_value_counts_generalise_to_other_dimensions() -> None:
    space = keras_tuner.HyperParameters()
    for place in range(6):
        space.Choice(f"operation {place}", ["conv", "pool", "none"])
    encoding = Encoding(space)
    extractor = FeatureExtractor(encoding, Architectures(encoding))
    points = encoding.sample(40, np.random.default_rng(0))
    convolutions = (points == 0).sum(axis=1).astype(float)
    scores = (convolutions - convolutions.mean()) / convolutions.std()
    observed = extractor.extract(points[convolutions < 3])
    seen = scores[convolutions < 3]
    process = GaussianProcess(observed, seen, fit(observed, seen, np.zeros(6, dtype=bool)))
    mean, _ = process.predict(extractor.extract(np.zeros((1, 6))))
    assert mean[0] > seen.max()
