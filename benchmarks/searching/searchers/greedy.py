"""AutoKeras' greedy search as published, over names like ``layer_1/conv/filters``."""

from collections import defaultdict

import numpy as np

from searching.searchers.peers import UnseenPoints
from searching.searchers.searcher import Proposal
from searching.tables.space import Values
from searching.tables.table import Scores, Table

_TRIES = 200


class Greedy:
    """Resamples a part of the best point (Jin et al., 2023).

    The names of a point's decisions form a tree. A part is a node of the tree. Its probability is
    inversely proportional to the number of its leaves.
    """

    def __init__(self, table: Table, seed: int) -> None:
        self._space, self._sign = table.space, table.objectives[0].sign
        self._rng = np.random.default_rng(seed)
        self._unseen = UnseenPoints(table.space, self._rng)
        self._best: tuple[float, Values] | None = None

    def ask(self) -> Proposal | None:
        if self._best is None:
            return self._unseen.draw()
        for _ in range(_TRIES):
            part = self._part(self._best[1])
            kept = {name: value for name, value in self._best[1].items() if name not in part}
            values = self._space.draw(self._rng, kept)
            if self._unseen.take(values):
                return Proposal(values)
        return None

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        if scores is None:
            return
        score = self._sign * scores[0]
        if self._best is None or score > self._best[0]:
            self._best = (score, proposal.values)

    def _part(self, values: Values) -> set[str]:
        parts = list(tree(values).values())
        chances = np.array([1 / len(leaves) for leaves in parts])
        return parts[int(self._rng.choice(len(parts), p=chances / chances.sum()))]


def tree(names: Values) -> dict[str, set[str]]:
    """Returns the nodes of the tree of names, root and leaves included, with their leaves."""
    nodes: dict[str, set[str]] = defaultdict(set)
    for name in names:
        steps = name.split("/")
        for depth in range(len(steps) + 1):
            nodes["/".join(steps[:depth])].add(name)
    return nodes
