"""The feasibility model."""

import keras_tuner
import numpy as np
import pytest

from kubenas.search.oracles.encoding.architectures import Architectures
from kubenas.search.oracles.encoding.dimension import Floats
from kubenas.search.oracles.encoding.encoding import Encoding
from kubenas.search.oracles.history.history import History
from kubenas.search.oracles.surrogate.feasibility import FeasibilityModel
from kubenas.search.oracles.surrogate.input_features import FeatureExtractor

NOTHING = np.empty((0, 3))


@pytest.fixture
def encoding() -> Encoding:
    space = keras_tuner.HyperParameters()
    for name in ("width", "depth", "rate"):
        space.Float(name, 0.0, 1.0)
    return Encoding(space)


@pytest.fixture
def feasibility(encoding: Encoding) -> FeasibilityModel:
    extractor = FeatureExtractor(encoding, Architectures(encoding))
    return FeasibilityModel(extractor, np.array(encoding.ordered, dtype=bool))


def too_large(points: Floats) -> Floats:
    return np.asarray(points[:, 0] + points[:, 1] > 1.3)


def history(points: Floats) -> History:
    scores = np.where(too_large(points), np.nan, points[:, 2])
    return History(points, scores, NOTHING)


def probabilities(feasibility: FeasibilityModel, past: History, points: Floats) -> Floats:
    return np.exp(feasibility.log_probabilities(past, feasibility._extractor.extract(points)))


def test_a_decision_boundary_is_found(feasibility: FeasibilityModel) -> None:
    rng = np.random.default_rng(0)
    past, new = history(rng.random((80, 3))), rng.random((500, 3))
    found = probabilities(feasibility, past, new) > 0.5
    assert np.mean(found == ~too_large(new)) > 0.9


def test_random_failures_make_no_point_infeasible(feasibility: FeasibilityModel) -> None:
    rng = np.random.default_rng(1)
    points = rng.random((100, 3))
    scores = np.where(rng.random(100) < 0.1, np.nan, points[:, 2])
    found = probabilities(feasibility, History(points, scores, NOTHING), rng.random((200, 3)))
    assert np.median(found) > 0.8
    assert found.min() > 0.2


@pytest.mark.parametrize("feasible", [True, False])
def test_outcomes_of_one_class_are_ignored(feasibility: FeasibilityModel, feasible: bool) -> None:
    points = np.random.default_rng(2).random((10, 3))
    past = History(points, np.full(10, 0.5 if feasible else np.nan), NOTHING)
    assert (probabilities(feasibility, past, points) == 1.0).all()


def test_it_is_the_same_after_a_restart(encoding: Encoding, feasibility: FeasibilityModel) -> None:
    rng = np.random.default_rng(3)
    points, new = rng.random((60, 3)), rng.random((20, 3))
    for count in range(1, 61):
        followed = probabilities(feasibility, history(points[:count]), new)
    again = FeasibilityModel(feasibility._extractor, feasibility._ordered)
    np.testing.assert_array_equal(probabilities(again, history(points), new), followed)
