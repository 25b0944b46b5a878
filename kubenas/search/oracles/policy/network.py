"""A recurrent policy network that samples architectures token by token (Zoph and Le, Neural
Architecture Search with Reinforcement Learning, ICLR 2017).

A gated recurrent unit (Cho et al., 2014) takes the embeddings of the dimension and of the previous
token, and outputs the probabilities of the dimension's tokens. Inactive dimensions are skipped and
leave the state unchanged.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.policy.tokenizer import INACTIVE, Tokenizer, Tokens
from kubenas.search.oracles.surrogate import Reals, Weights

_STATE_SIZE = 32
_EMBEDDING_SIZE = 16
"""Size of the embedding of a token and of a dimension."""


@dataclass(frozen=True)
class _Step:
    """Activations of one step for the ``rows`` in which its dimension is active."""

    rows: NDArray[np.intp]
    previous_tokens: Tokens
    """Tokens of the previous step. The vocabulary size stands for the start."""
    embedding: Reals
    state_before: Reals
    gates: Reals
    """Update and reset gates, concatenated."""
    candidate: Reals
    next_state: Reals
    probabilities: Reals
    """Probabilities of the dimension's tokens."""


@dataclass(frozen=True)
class ForwardPass:
    """The result of a forward pass, with the activations for the backward pass."""

    tokens: Tokens
    """``(architectures, dimensions)``."""
    log_probabilities: Reals
    """``(architectures,)``: log probability that the policy samples each architecture."""
    entropy: Reals
    """``(architectures,)``: sum of the entropies of all steps."""
    steps: tuple[_Step | None, ...]
    """By dimension. None: the dimension is inactive in all architectures."""


class Policy:
    """A policy network. It is immutable: training creates a new policy.

    Args:
        tokenizer: tokenizer of the space.
        weights: weights as returned by :meth:`initialise`.
    """

    def __init__(self, tokenizer: Tokenizer, weights: Weights) -> None:
        self.tokenizer = tokenizer
        self.weights = weights

    @classmethod
    def initialise(cls, tokenizer: Tokenizer, rng: np.random.Generator) -> "Policy":
        """Returns a policy with initial weights, which samples uniformly."""
        vocabulary = tokenizer.vocabulary_size
        shapes = {
            "word": (vocabulary + 1, _EMBEDDING_SIZE),
            "place": (len(tokenizer), _EMBEDDING_SIZE),
            "gates": (_EMBEDDING_SIZE + _STATE_SIZE, 2 * _STATE_SIZE),
            "candidate": (_EMBEDDING_SIZE + _STATE_SIZE, _STATE_SIZE),
        }
        arrays: dict[str, Reals] = {
            name: rng.normal(0.0, shape[0] ** -0.5 if name in _MATRICES else 0.3, shape)
            for name, shape in shapes.items()
        }
        arrays["gate_bias"] = np.zeros(2 * _STATE_SIZE)
        arrays["candidate_bias"] = np.zeros(_STATE_SIZE)
        arrays["out"] = np.zeros((_STATE_SIZE, vocabulary))
        arrays["out_bias"] = np.zeros(vocabulary)
        return cls(tokenizer, Weights(arrays))

    def sample(self, count: int, exploration: float, rng: np.random.Generator) -> Floats:
        """Samples points, ``(count, dimensions)``, with possible repeats.

        A share ``exploration`` of the tokens is drawn uniformly.
        """
        points = np.full((count, len(self.tokenizer)), np.nan)
        state = np.zeros((count, _STATE_SIZE))
        previous_tokens = np.full(count, self.tokenizer.vocabulary_size)
        for index in range(len(self.tokenizer)):
            rows = np.flatnonzero(self.tokenizer.encoding.is_active(index, points))
            if len(rows):
                step = self._step_forward(index, rows, previous_tokens[rows], state[rows])
                probabilities = (
                    1.0 - exploration
                ) * step.probabilities + exploration / step.probabilities.shape[1]
                state[rows] = step.next_state
                previous_tokens[rows] = _draw(probabilities, rng) + self.tokenizer.offsets[index]
                points[rows, index] = self.tokenizer.codes(index, previous_tokens[rows], rng)
        return points

    def forward(self, tokens: Tokens) -> ForwardPass:
        """Computes the log probabilities of ``tokens``, ``(architectures, dimensions)``."""
        count = len(tokens)
        state, previous_tokens = (
            np.zeros((count, _STATE_SIZE)),
            np.full(count, self.tokenizer.vocabulary_size),
        )
        log_probabilities, entropy = np.zeros(count), np.zeros(count)
        steps: list[_Step | None] = []
        for index in range(len(self.tokenizer)):
            rows = np.flatnonzero(tokens[:, index] != INACTIVE)
            step = (
                self._step_forward(index, rows, previous_tokens[rows], state[rows])
                if len(rows)
                else None
            )
            steps.append(step)
            if step is not None:
                state[rows], previous_tokens[rows] = step.next_state, tokens[rows, index]
                logs = np.log(step.probabilities)
                log_probabilities[rows] += logs[self._chosen(index, step, tokens)]
                entropy[rows] -= (step.probabilities * logs).sum(axis=1)
        return ForwardPass(tokens, log_probabilities, entropy, tuple(steps))

    def gradient(
        self, forward_pass: ForwardPass, grad_log_probabilities: Reals, grad_entropy: float
    ) -> Weights:
        """Computes the gradient of a loss from its gradient w.r.t. the outputs of ``forward``."""
        found = self.weights.zeros()
        grad_states = np.zeros((len(forward_pass.log_probabilities), _STATE_SIZE))
        for index in reversed(range(len(self.tokenizer))):
            step = forward_pass.steps[index]
            if step is None:
                continue
            grad_logits = -grad_log_probabilities[step.rows][:, None] * step.probabilities
            grad_logits[self._chosen(index, step, forward_pass.tokens)] += grad_log_probabilities[
                step.rows
            ]
            logs = np.log(step.probabilities)
            own = (step.probabilities * logs).sum(axis=1, keepdims=True)
            grad_logits -= grad_entropy * step.probabilities * (logs - own)
            token_range = self._token_range(index)
            found["out"][:, token_range] += step.next_state.T @ grad_logits
            found["out_bias"][token_range] += grad_logits.sum(axis=0)
            grad_next_state = (
                grad_states[step.rows] + grad_logits @ self.weights["out"][:, token_range].T
            )
            grad_states[step.rows] = self._step_backward(index, step, grad_next_state, found)
        return found

    def _token_range(self, index: int) -> slice:
        return slice(self.tokenizer.offsets[index], self.tokenizer.offsets[index + 1])

    def _chosen(self, index: int, step: _Step, tokens: Tokens) -> tuple[Tokens, Tokens]:
        """Returns the indices of the sampled tokens in a step's probabilities."""
        return np.arange(len(step.rows)), tokens[step.rows, index] - self.tokenizer.offsets[index]

    def _step_forward(
        self, index: int, rows: NDArray[np.intp], previous_tokens: Tokens, state_before: Reals
    ) -> _Step:
        weights, token_range = self.weights, self._token_range(index)
        embedding = weights["word"][previous_tokens] + weights["place"][index]
        inputs = np.concatenate([embedding, state_before], axis=1)
        gates = _sigmoid(inputs @ weights["gates"] + weights["gate_bias"])
        update, reset = gates[:, :_STATE_SIZE], gates[:, _STATE_SIZE:]
        inputs = np.concatenate([embedding, reset * state_before], axis=1)
        candidate = np.tanh(inputs @ weights["candidate"] + weights["candidate_bias"])
        next_state = update * state_before + (1.0 - update) * candidate
        probabilities = _softmax(
            next_state @ weights["out"][:, token_range] + weights["out_bias"][token_range]
        )
        return _Step(
            rows,
            previous_tokens,
            embedding,
            state_before,
            gates,
            candidate,
            next_state,
            probabilities,
        )

    def _step_backward(
        self, index: int, step: _Step, grad_next_state: Reals, found: Weights
    ) -> Reals:
        """Adds a step's gradient to ``found``; returns the gradient w.r.t. the state before it."""
        weights = self.weights
        update, reset = step.gates[:, :_STATE_SIZE], step.gates[:, _STATE_SIZE:]
        grad_candidate = grad_next_state * (1.0 - update) * (1.0 - step.candidate**2)
        found["candidate"] += (
            np.concatenate([step.embedding, reset * step.state_before], axis=1).T @ grad_candidate
        )
        found["candidate_bias"] += grad_candidate.sum(axis=0)
        grad_candidate_inputs = grad_candidate @ weights["candidate"].T
        grad_reset = grad_candidate_inputs[:, _EMBEDDING_SIZE:] * step.state_before
        grad_update = grad_next_state * (step.state_before - step.candidate)
        grad_gates = (
            np.concatenate([grad_update, grad_reset], axis=1) * step.gates * (1.0 - step.gates)
        )
        found["gates"] += np.concatenate([step.embedding, step.state_before], axis=1).T @ grad_gates
        found["gate_bias"] += grad_gates.sum(axis=0)
        grad_gate_inputs = grad_gates @ weights["gates"].T
        grad_embedding = (
            grad_candidate_inputs[:, :_EMBEDDING_SIZE] + grad_gate_inputs[:, :_EMBEDDING_SIZE]
        )
        np.add.at(found["word"], step.previous_tokens, grad_embedding)
        found["place"][index] += grad_embedding.sum(axis=0)
        grad_state_before = (
            grad_next_state * update
            + grad_candidate_inputs[:, _EMBEDDING_SIZE:] * reset
            + grad_gate_inputs[:, _EMBEDDING_SIZE:]
        )
        return np.asarray(grad_state_before)


_MATRICES = frozenset({"gates", "candidate"})


def _draw(probabilities: Reals, rng: np.random.Generator) -> Tokens:
    """Draws one column index per row by the row's probabilities."""
    summed = np.cumsum(probabilities, axis=1)
    passed = rng.random(len(probabilities))[:, None] * summed[:, -1:] >= summed
    return np.asarray(np.minimum(passed.sum(axis=1), probabilities.shape[1] - 1))


def _sigmoid(values: Reals) -> Reals:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))


def _softmax(logits: Reals) -> Reals:
    """Returns probabilities along the last axis, all of them above 0."""
    powers = np.exp(np.maximum(logits - logits.max(axis=-1, keepdims=True), -30.0))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
