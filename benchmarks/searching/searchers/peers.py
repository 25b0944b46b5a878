"""Baseline algorithms, implemented for these tables.

All of them except REINFORCE never propose a point twice.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np

from searching.searchers.searcher import Proposal
from searching.tables.space import Key, Space, Values, key
from searching.tables.table import Scores, Table

_TRIES = 200


class UnseenPoints:
    """Keeps track of proposed points and draws new ones."""

    def __init__(self, space: Space, rng: np.random.Generator) -> None:
        self._space, self._rng = space, rng
        self._seen: set[Key] = set()

    def take(self, values: Values) -> bool:
        """Returns whether ``values`` are new, and marks them as proposed."""
        known = key(values) in self._seen
        self._seen.add(key(values))
        return not known

    def draw(self) -> Proposal | None:
        """Draws a random new point. None: none was found."""
        for _ in range(_TRIES):
            values = self._space.draw(self._rng)
            if self.take(values):
                return Proposal(values)
        return None


class RandomSearch:
    """Uniform random search without repeats."""

    def __init__(self, table: Table, seed: int) -> None:
        self._unseen = UnseenPoints(table.space, np.random.default_rng(seed))

    def ask(self) -> Proposal | None:
        return self._unseen.draw()

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        """Does nothing."""


class RegularisedEvolution:
    """Regularised evolution (Real et al., 2019). Age is the order of ends."""

    def __init__(self, table: Table, seed: int, *, population: int = 20, sample: int = 10) -> None:
        self._space, self._sign = table.space, table.objectives[0].sign
        self._rng = np.random.default_rng(seed)
        self._unseen = UnseenPoints(table.space, self._rng)
        self._alive: deque[tuple[float, Values]] = deque(maxlen=population)
        self._sample, self._population, self._asked = sample, population, 0

    def ask(self) -> Proposal | None:
        self._asked += 1
        if self._asked <= self._population or not self._alive:
            return self._unseen.draw()
        for _ in range(_TRIES):
            child = self._space.mutated(self._parent(), self._rng)
            if self._unseen.take(child):
                return Proposal(child)
        return self._unseen.draw()

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        if scores is not None:
            self._alive.append((self._sign * scores[0], proposal.values))

    def _parent(self) -> Values:
        size = min(self._sample, len(self._alive))
        chosen = self._rng.choice(len(self._alive), size=size, replace=False)
        return max((self._alive[i] for i in chosen), key=lambda member: member[0])[1]


class LocalSearch:
    """Hill climbing from the best of a few random points, with restarts (White et al., 2021).

    While the last neighbours of a local optimum are in flight, random points of the next start
    are drawn.
    """

    def __init__(self, table: Table, seed: int, *, starts: int = 10) -> None:
        self._space, self._sign = table.space, table.objectives[0].sign
        self._rng = np.random.default_rng(seed)
        self._unseen = UnseenPoints(table.space, self._rng)
        self._starts, self._drawn = starts, 0
        self._best: tuple[float, Values] | None = None
        self._neighbours: Iterator[dict[str, str | int | float]] = iter(())

    def ask(self) -> Proposal | None:
        if self._drawn < self._starts:
            self._drawn += 1
            return self._unseen.draw()
        for neighbour in self._neighbours:
            if self._unseen.take(neighbour):
                return Proposal(neighbour)
        if self._best is not None:
            self._best, self._drawn = None, 0
        return self._unseen.draw()

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        if scores is None:
            return
        score = self._sign * scores[0]
        if self._best is None or score > self._best[0]:
            self._best = (score, proposal.values)
            neighbours = list(self._space.neighbours(proposal.values, self._rng))
            order = self._rng.permutation(len(neighbours))
            self._neighbours = iter([neighbours[i] for i in order])


class Reinforce:
    """Independent softmax policies, one per decision, trained by policy gradient with Adam.

    Williams, 1992, as in NAS-Bench-201. Rewards are standardised by a moving mean and deviation.
    """

    def __init__(self, table: Table, seed: int, *, rate: float = 0.1) -> None:
        self._space, self._sign = table.space, table.objectives[0].sign
        self._rng, self._rate = np.random.default_rng(seed), rate
        self._logits = {d.name: np.zeros(len(d.options)) for d in self._space.decisions}
        self._moments = {name: np.zeros((2, len(v))) for name, v in self._logits.items()}
        self._steps, self._mean, self._square = 0, 0.0, 0.0

    def ask(self) -> Proposal | None:
        values: dict[str, str | int | float] = {}
        for decision in self._space.decisions:
            if self._space.exists(decision, values):
                policy = _softmax(self._logits[decision.name])
                values[decision.name] = decision.options[
                    int(self._rng.choice(len(policy), p=policy))
                ]
        return Proposal(values)

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        if scores is None:
            return
        advantage = self._advantage(self._sign * scores[0])
        self._steps += 1
        for decision in self._space.decisions:
            if decision.name in proposal.values:
                taken = decision.options.index(proposal.values[decision.name])
                policy = _softmax(self._logits[decision.name])
                self._climb(decision.name, advantage * (np.eye(len(policy))[taken] - policy))

    def _advantage(self, reward: float) -> float:
        if not self._steps:
            self._mean = reward
        gap = reward - self._mean
        self._mean += 0.1 * gap
        self._square += 0.1 * (gap * gap - self._square)
        return gap / (self._square**0.5 + 1e-9)

    def _climb(self, name: str, gradient: np.ndarray) -> None:
        moments = self._moments[name]
        moments[0] += 0.1 * (gradient - moments[0])
        moments[1] += 0.001 * (gradient**2 - moments[1])
        first = moments[0] / (1 - 0.9**self._steps)
        second = moments[1] / (1 - 0.999**self._steps)
        self._logits[name] += self._rate * first / (np.sqrt(second) + 1e-8)


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()
