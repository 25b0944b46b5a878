"""The recurrent policy network: gradient, samples and training."""

import keras_tuner
import numpy as np
import pytest

from kubenas.search.oracles.encoding.encoding import Encoding
from kubenas.search.oracles.history.history import History
from kubenas.search.oracles.policy.learning import PolicyLearner, clipped_gradient
from kubenas.search.oracles.policy.network import Policy
from kubenas.search.oracles.policy.tokenizer import INACTIVE, Tokenizer


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["conv", "dense", "pool"])
    with hp.conditional_scope("kind", ["conv"]):
        hp.Choice("kernel", [3, 5])
        hp.Boolean("norm")
    with hp.conditional_scope("kind", ["dense"]):
        hp.Int("units", 1, 10**12, sampling="log")
    hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Int("depth", 1, 5)
    return hp


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer(Encoding(space()))


def nonuniform_policy(tokenizer: Tokenizer) -> Policy:
    """Returns a policy whose tokens depend on each other."""
    rng = np.random.default_rng(0)
    policy = Policy.initialise(tokenizer, rng)
    policy.weights["out"][:] = rng.normal(0.0, 0.5, policy.weights["out"].shape)
    return policy


def test_the_gradient_equals_finite_differences(tokenizer):
    policy, rng = nonuniform_policy(tokenizer), np.random.default_rng(1)
    tokens = tokenizer.tokens(policy.sample(9, 0.5, rng))
    grad_log_probabilities = rng.normal(size=9)

    def loss() -> float:
        forward_pass = policy.forward(tokens)
        return float(
            grad_log_probabilities @ forward_pass.log_probabilities
            + 0.3 * forward_pass.entropy.sum()
        )

    found = policy.gradient(policy.forward(tokens), grad_log_probabilities, 0.3).vector
    weights, step = policy.weights.vector, 1e-6
    for place in rng.choice(len(weights), 300, replace=False):
        kept = weights[place]
        weights[place] = kept + step
        above = loss()
        weights[place] = kept - step
        below = loss()
        weights[place] = kept
        assert found[place] == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-6)


def test_samples_are_valid_and_as_frequent_as_their_probabilities(tokenizer):
    policy = nonuniform_policy(tokenizer)
    points = policy.sample(40_000, 0.0, np.random.default_rng(2))
    encoding = tokenizer.encoding
    again = np.array([encoding.encode(encoding.decode(point)) for point in points[:500]])
    np.testing.assert_allclose(points[:500], again, rtol=1e-9)
    tokens = tokenizer.tokens(points)
    different, counts = np.unique(tokens, axis=0, return_counts=True)
    probabilities = np.exp(policy.forward(different).log_probabilities)
    assert 0.98 < probabilities.sum() <= 1.0 + 1e-9
    assert np.corrcoef(counts, probabilities)[0, 1] > 0.9


def test_a_long_scale_is_divided_into_bins(tokenizer):
    rng = np.random.default_rng(3)
    names = [dimension.name for dimension in tokenizer.encoding.dimensions]
    place = names.index("units")
    points = tokenizer.encoding.sample(500, rng)
    tokens = tokenizer.tokens(points)
    inactive = np.isnan(points[:, place])
    assert (tokens[inactive, place] == INACTIVE).all()
    active = tokens[~inactive, place]
    assert len(np.unique(active)) == 10
    drawn = points[~inactive].copy()
    drawn[:, place] = tokenizer.codes(place, active, rng)
    assert (tokenizer.tokens(drawn)[:, place] == active).all()


def test_the_gradient_is_zero_beyond_the_clipping_bound():
    then, now = np.zeros(4), np.log([1.1, 1.3, 0.9, 0.7])
    rewards = np.array([1.0, 1.0, -1.0, -1.0])
    assert (clipped_gradient(now, then, rewards) != 0).tolist() == [True, False, True, False]


def test_training_increases_rewards(tokenizer):
    rng = np.random.default_rng(4)
    points = tokenizer.encoding.sample(60, rng)
    depth = len(tokenizer.encoding) - 1
    history = History(points, points[:, depth], points[:0])
    policy = PolicyLearner(tokenizer, 1).learn(history, np.zeros(60, dtype=np.intp))
    sampled = policy.sample(500, 0.0, rng)
    assert sampled[:, depth].mean() > points[:, depth].mean() + 1.0
