"""An ensemble of small multilayer perceptrons, trained together (White et al., BANANAS:
Bayesian Optimization with Neural Architectures for Neural Architecture Search, AAAI 2021).

Members have different initial weights and different sample weights (the Bayesian bootstrap of
Rubin, 1981). Their disagreement is a measure of uncertainty. Each member has two outputs: the score
and the logit of feasibility.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.surrogate.adam import Adam, Reals, Weights

MEMBERS = 5
_WIDTH = 64
_BATCH_SIZE = 64
_WEIGHT_DECAY = 1e-4
_LEARNING_RATE = 0.01
"""Initial learning rate. It decays linearly to a tenth during a training."""


@dataclass(frozen=True)
class Examples:
    """Training examples."""

    inputs: Reals
    """``(examples, features)``."""
    scores: Reals
    """``(examples,)``: standardised scores. NaN: infeasible."""
    sample_weights: Reals
    """``(examples, members)``: sample weights with mean 1."""

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class Predictions:
    """Predictions for architectures."""

    scores: Reals
    """``(members, architectures)``: predicted scores."""
    feasible: Reals
    """``(architectures,)``: mean predicted probability of feasibility."""


class Ensemble:
    """An ensemble. It is immutable: training creates a new ensemble.

    Args:
        weights: weights as returned by :meth:`initialise`.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    @classmethod
    def initialise(cls, features: int, rng: np.random.Generator) -> "Ensemble":
        """Returns an ensemble with random weights (He et al., 2015)."""
        widths = (features, _WIDTH, _WIDTH, 2)
        arrays: dict[str, Reals] = {}
        for layer, (into, out) in enumerate(pairwise(widths)):
            scale = np.sqrt(2.0 / max(into, 1)) if layer < 2 else 0.1 / np.sqrt(into)
            drawn = rng.standard_normal((MEMBERS, into, out), dtype=np.float32)
            arrays[f"w{layer}"] = np.float32(scale) * drawn
            arrays[f"b{layer}"] = np.zeros((MEMBERS, 1, out), dtype=np.float32)
        return cls(Weights(arrays))

    def predict(self, inputs: Reals) -> Predictions:
        """Predicts scores and feasibility of ``inputs``, ``(architectures, features)``."""
        outputs = _forward(self._weights, inputs.astype(np.float32))[-1]
        chances = _sigmoid(outputs[..., 1].astype(float)).mean(axis=0)
        return Predictions(outputs[..., 0].astype(float), chances)

    def train(self, examples: Examples, steps: int, rng: np.random.Generator) -> "Ensemble":
        """Returns this ensemble after training for ``steps`` batches of ``examples``."""
        weights = self._weights.clone()
        optimizer = Adam(weights)
        inputs = examples.inputs.astype(np.float32)
        targets = np.nan_to_num(examples.scores).astype(np.float32)
        feasible = ~np.isnan(examples.scores)
        sample_weights = examples.sample_weights.T.astype(np.float32)
        size = min(_BATCH_SIZE, len(examples))
        for step in range(steps):
            rows = _batch(len(examples), size, rng)
            gradient = _gradient(
                weights, inputs[rows], targets[rows], feasible[rows], sample_weights[:, rows]
            )
            optimizer.step(gradient, _LEARNING_RATE * (1.0 - 0.9 * step / steps))
        return Ensemble(weights)


def _batch(count: int, size: int, rng: np.random.Generator) -> slice | NDArray[np.intp]:
    return slice(None) if size == count else rng.choice(count, size=size, replace=False)


def _forward(weights: Weights, inputs: Reals) -> tuple[Reals, Reals, Reals]:
    """Returns both hidden layers and the outputs, ``(members, batch, ...)`` each."""
    first = np.maximum(np.matmul(inputs, weights["w0"]) + weights["b0"], 0.0)
    second = np.maximum(np.matmul(first, weights["w1"]) + weights["b1"], 0.0)
    return first, second, np.matmul(second, weights["w2"]) + weights["b2"]


def _gradient(
    weights: Weights, inputs: Reals, targets: Reals, feasible: Reals, sample_weights: Reals
) -> Weights:
    """Returns the gradient of half the squared error plus the cross entropy of feasibility."""
    first, second, outputs = _forward(weights, inputs)
    errors = np.empty_like(outputs)
    errors[..., 0] = (outputs[..., 0] - targets) * feasible
    errors[..., 1] = _sigmoid(outputs[..., 1]) - feasible
    errors *= sample_weights[..., None] / np.float32(len(targets))
    found = weights.zeros()
    below_second = np.matmul(errors, weights["w2"].transpose(0, 2, 1)) * (second > 0)
    below_first = np.matmul(below_second, weights["w1"].transpose(0, 2, 1)) * (first > 0)
    layers = ((inputs, below_first), (first, below_second), (second, errors))
    for layer, (into, out) in enumerate(layers):
        found[f"w{layer}"] += np.matmul(np.swapaxes(into, -1, -2), out)
        found[f"b{layer}"] += out.sum(axis=1, keepdims=True)
        found[f"w{layer}"] += np.float32(_WEIGHT_DECAY) * weights[f"w{layer}"]
    return found


def _sigmoid(values: Reals) -> Reals:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))
