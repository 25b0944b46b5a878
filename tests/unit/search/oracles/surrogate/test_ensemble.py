"""The ensemble of perceptrons: gradient, predictions and disagreement."""

import numpy as np
import pytest

from kubenas.search.oracles.surrogate import ensemble as module
from kubenas.search.oracles.surrogate.adam import Weights
from kubenas.search.oracles.surrogate.ensemble import MEMBERS, Ensemble, Examples


def examples(count: int, rng: np.random.Generator) -> Examples:
    """Generates scores that are sums of inputs, infeasible if the last two inputs are 1."""
    inputs = rng.integers(0, 2, (count, 8)).astype(float)
    scores = inputs[:, 0] + inputs[:, 1] * inputs[:, 2] - 1.0
    scores[inputs[:, 6:].all(axis=1)] = np.nan
    return Examples(inputs, scores, rng.exponential(size=(count, MEMBERS)))


def test_the_gradient_equals_finite_differences():
    rng = np.random.default_rng(0)
    single = Ensemble.initialise(8, rng)._weights
    weights = Weights({name: array.astype(float) for name, array in single.items()})
    known = examples(12, rng)
    targets, feasible = np.nan_to_num(known.scores), ~np.isnan(known.scores)
    sample_weights = known.sample_weights.T

    def loss() -> float:
        outputs = module._forward(weights, known.inputs)[-1]
        squared = 0.5 * ((outputs[..., 0] - targets) * feasible) ** 2
        signed = np.where(feasible, 1.0, -1.0) * outputs[..., 1]
        decay = sum((weights[f"w{layer}"] ** 2).sum() for layer in range(3))
        return ((squared + np.log1p(np.exp(-signed))) * sample_weights).sum() / 12 + 0.5e-4 * decay

    found = module._gradient(weights, known.inputs, targets, feasible, sample_weights).vector
    for place in rng.choice(len(weights.vector), 200, replace=False):
        kept = weights.vector[place]
        weights.vector[place] = kept + 1e-6
        above = loss()
        weights.vector[place] = kept - 1e-6
        below = loss()
        weights.vector[place] = kept
        assert found[place] == pytest.approx((above - below) / 2e-6, rel=1e-3, abs=1e-6)


def test_it_learns_scores_and_feasibility():
    rng = np.random.default_rng(1)
    trained = Ensemble.initialise(8, rng).train(examples(150, rng), 300, rng)
    unseen = examples(200, rng)
    predictions = trained.predict(unseen.inputs)
    feasible = ~np.isnan(unseen.scores)
    expected = predictions.scores.mean(axis=0)[feasible]
    assert np.corrcoef(expected, unseen.scores[feasible])[0, 1] > 0.9
    assert predictions.feasible[feasible].mean() > 0.9
    assert predictions.feasible[~feasible].mean() < 0.3


def test_members_disagree_more_far_from_the_examples():
    rng = np.random.default_rng(2)
    known = examples(100, rng)
    trained = Ensemble.initialise(8, rng).train(known, 300, rng)
    near = trained.predict(known.inputs).scores.std(axis=0).mean()
    far = trained.predict(4.0 - 8.0 * known.inputs).scores.std(axis=0).mean()
    assert far > 3 * near


def test_training_does_not_change_the_original_ensemble():
    rng = np.random.default_rng(3)
    first, known = Ensemble.initialise(8, rng), examples(20, rng)
    before = first.predict(known.inputs).scores
    first.train(known, 5, rng)
    np.testing.assert_array_equal(first.predict(known.inputs).scores, before)
