"""A recurrent network that writes architectures, one decision after the other (Zoph and Le, Neural
Architecture Search with Reinforcement Learning, ICLR 2017).

A gated recurrent unit (Cho et al., 2014) reads which dimension is due and what was decided last,
and gives the odds of each value. A dimension that earlier decisions leave inactive is passed over:
it is not decided, and the state stays what it was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.policy.tokens import INACTIVE, Decisions, Tokens
from kubenas.search.oracles.surrogate import Reals, Weights

_STATE = 32
_READ = 16
"""Width of what is read at each decision."""


@dataclass(frozen=True)
class _Step:
    """A decision of the ``rows`` in which its dimension is active, as the gradient needs it."""

    rows: NDArray[np.intp]
    last: Tokens
    """What was decided before it; the vocabulary's size: nothing."""
    read: Reals
    before: Reals
    gates: Reals
    """Update and reset, side by side."""
    candidate: Reals
    after: Reals
    odds: Reals
    """Probabilities of the dimension's values."""


@dataclass(frozen=True)
class Reading:
    """Architectures as the network reads them."""

    tokens: Tokens
    """``(architectures, dimensions)``."""
    log_odds: Reals
    """``(architectures,)``: the logarithm of the probability to write each."""
    entropy: Reals
    """``(architectures,)``: of the decisions on the way, added up."""
    steps: tuple[_Step | None, ...]
    """By dimension; None: active in none of them."""


class Policy:
    """What the network would write. It never changes: learning makes another.

    Args:
        decisions: what is to be decided.
        weights: as from :meth:`fresh`.
    """

    def __init__(self, decisions: Decisions, weights: Weights) -> None:
        self.decisions = decisions
        self.weights = weights

    @classmethod
    def fresh(cls, decisions: Decisions, rng: np.random.Generator) -> "Policy":
        """One that decides uniformly."""
        words = decisions.vocabulary
        shapes = {
            "word": (words + 1, _READ),
            "place": (len(decisions), _READ),
            "gates": (_READ + _STATE, 2 * _STATE),
            "candidate": (_READ + _STATE, _STATE),
        }
        arrays: dict[str, Reals] = {
            name: rng.normal(0.0, shape[0] ** -0.5 if name in _MATRICES else 0.3, shape)
            for name, shape in shapes.items()
        }
        arrays["gate_bias"] = np.zeros(2 * _STATE)
        arrays["candidate_bias"] = np.zeros(_STATE)
        arrays["out"] = np.zeros((_STATE, words))
        arrays["out_bias"] = np.zeros(words)
        return cls(decisions, Weights(arrays))

    def write(self, count: int, explore: float, rng: np.random.Generator) -> Floats:
        """Points that it decides on, ``(count, dimensions)``, some perhaps alike.

        A share ``explore`` of its decisions is made uniformly.
        """
        points = np.full((count, len(self.decisions)), np.nan)
        state = np.zeros((count, _STATE))
        last = np.full(count, self.decisions.vocabulary)
        for place in range(len(self.decisions)):
            rows = np.flatnonzero(self.decisions.encoding.holds(place, points))
            if len(rows):
                step = self._step(place, rows, last[rows], state[rows])
                odds = (1.0 - explore) * step.odds + explore / step.odds.shape[1]
                state[rows] = step.after
                last[rows] = _drawn(odds, rng) + self.decisions.starts[place]
                points[rows, place] = self.decisions.codes(place, last[rows], rng)
        return points

    def read(self, tokens: Tokens) -> Reading:
        """How likely it is to write each of ``tokens``, ``(architectures, dimensions)``."""
        count = len(tokens)
        state, last = np.zeros((count, _STATE)), np.full(count, self.decisions.vocabulary)
        log_odds, entropy = np.zeros(count), np.zeros(count)
        steps: list[_Step | None] = []
        for place in range(len(self.decisions)):
            rows = np.flatnonzero(tokens[:, place] != INACTIVE)
            step = self._step(place, rows, last[rows], state[rows]) if len(rows) else None
            steps.append(step)
            if step is not None:
                state[rows], last[rows] = step.after, tokens[rows, place]
                logs = np.log(step.odds)
                log_odds[rows] += logs[self._taken(place, step, tokens)]
                entropy[rows] -= (step.odds * logs).sum(axis=1)
        return Reading(tokens, log_odds, entropy, tuple(steps))

    def gradient(self, reading: Reading, by_log_odds: Reals, by_entropy: float) -> Weights:
        """Of a loss that has these derivatives by each architecture's log odds and entropy."""
        found = self.weights.zeros()
        backward = np.zeros((len(reading.log_odds), _STATE))
        for place in reversed(range(len(self.decisions))):
            step = reading.steps[place]
            if step is None:
                continue
            by_logits = -by_log_odds[step.rows][:, None] * step.odds
            by_logits[self._taken(place, step, reading.tokens)] += by_log_odds[step.rows]
            logs = np.log(step.odds)
            own = (step.odds * logs).sum(axis=1, keepdims=True)
            by_logits -= by_entropy * step.odds * (logs - own)
            words = self._words(place)
            found["out"][:, words] += step.after.T @ by_logits
            found["out_bias"][words] += by_logits.sum(axis=0)
            by_after = backward[step.rows] + by_logits @ self.weights["out"][:, words].T
            backward[step.rows] = self._back(place, step, by_after, found)
        return found

    def _words(self, place: int) -> slice:
        return slice(self.decisions.starts[place], self.decisions.starts[place + 1])

    def _taken(self, place: int, step: _Step, tokens: Tokens) -> tuple[Tokens, Tokens]:
        """Where in a step's odds those are of what was decided."""
        return np.arange(len(step.rows)), tokens[step.rows, place] - self.decisions.starts[place]

    def _step(self, place: int, rows: NDArray[np.intp], last: Tokens, before: Reals) -> _Step:
        weights, words = self.weights, self._words(place)
        read = weights["word"][last] + weights["place"][place]
        inputs = np.concatenate([read, before], axis=1)
        gates = _sigmoid(inputs @ weights["gates"] + weights["gate_bias"])
        update, reset = gates[:, :_STATE], gates[:, _STATE:]
        inputs = np.concatenate([read, reset * before], axis=1)
        candidate = np.tanh(inputs @ weights["candidate"] + weights["candidate_bias"])
        after = update * before + (1.0 - update) * candidate
        odds = _softmax(after @ weights["out"][:, words] + weights["out_bias"][words])
        return _Step(rows, last, read, before, gates, candidate, after, odds)

    def _back(self, place: int, step: _Step, by_after: Reals, found: Weights) -> Reals:
        """Adds to ``found`` what a step contributes; the derivative by the state before it."""
        weights = self.weights
        update, reset = step.gates[:, :_STATE], step.gates[:, _STATE:]
        by_candidate = by_after * (1.0 - update) * (1.0 - step.candidate**2)
        found["candidate"] += (
            np.concatenate([step.read, reset * step.before], axis=1).T @ by_candidate
        )
        found["candidate_bias"] += by_candidate.sum(axis=0)
        below = by_candidate @ weights["candidate"].T
        by_reset = below[:, _READ:] * step.before
        by_update = by_after * (step.before - step.candidate)
        by_gates = np.concatenate([by_update, by_reset], axis=1) * step.gates * (1.0 - step.gates)
        found["gates"] += np.concatenate([step.read, step.before], axis=1).T @ by_gates
        found["gate_bias"] += by_gates.sum(axis=0)
        through = by_gates @ weights["gates"].T
        by_read = below[:, :_READ] + through[:, :_READ]
        np.add.at(found["word"], step.last, by_read)
        found["place"][place] += by_read.sum(axis=0)
        by_before = by_after * update + below[:, _READ:] * reset + through[:, _READ:]
        return np.asarray(by_before)


_MATRICES = frozenset({"gates", "candidate"})


def _drawn(odds: Reals, rng: np.random.Generator) -> Tokens:
    """One of each row's columns, drawn by its probabilities."""
    summed = np.cumsum(odds, axis=1)
    passed = rng.random(len(odds))[:, None] * summed[:, -1:] >= summed
    return np.asarray(np.minimum(passed.sum(axis=1), odds.shape[1] - 1))


def _sigmoid(values: Reals) -> Reals:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))


def _softmax(logits: Reals) -> Reals:
    """Probabilities along the last axis, none of them 0."""
    powers = np.exp(np.maximum(logits - logits.max(axis=-1, keepdims=True), -30.0))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
