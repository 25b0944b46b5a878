"""Layered graph layout, top down (Sugiyama, Tagawa and Toda 1981).

The rank of a node is its longest path from the inputs. An edge over several ranks gets a lane in
each of them. Nodes of a rank are ordered by the mean position of their neighbours. Positions are
the least-squares solution that keeps this order and a minimum distance (isotonic regression).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.optimize import isotonic_regression

BOX_WIDTH, BOX_HEIGHT, GAP, LANE = 196.0, 46.0, 22.0, 14.0
RANK_HEIGHT = 66.0
_SWEEPS = 8


@dataclass(frozen=True)
class Layout:
    """Centres of the boxes by name, and the points of each edge."""

    width: float
    height: float
    centres: Mapping[str, tuple[float, float]]
    edges: tuple[tuple[tuple[float, float], ...], ...]


def layout_graph(graph: Mapping[str, Sequence[str]]) -> Layout:
    """Computes the layout of ``graph``, which maps each node to its inputs.

    Nodes must be in topological order.
    """
    net = _Net(graph)
    net.order_ranks()
    xs = net.places()
    left = min((xs[n] - net.half(n) for n in xs), default=0.0)
    right = max((xs[n] + net.half(n) for n in xs), default=0.0)
    centres = {
        node: (xs[node] - left, net.rank[node] * RANK_HEIGHT + BOX_HEIGHT / 2) for node in net.rank
    }
    return Layout(
        width=right - left,
        height=len(net.ranks) * RANK_HEIGHT - (RANK_HEIGHT - BOX_HEIGHT),
        centres={node: centres[node] for node in graph},
        edges=tuple(tuple(centres[node] for node in chain) for chain in net.chains),
    )


class _Net:
    """The graph with lanes, so that every link joins adjacent ranks."""

    def __init__(self, graph: Mapping[str, Sequence[str]]) -> None:
        self.boxes = set(graph)
        self.rank: dict[str, int] = {}
        for node, sources in graph.items():
            self.rank[node] = 1 + max((self.rank[s] for s in sources), default=-1)
        self.chains = [self._chain(s, node) for node, sources in graph.items() for s in sources]
        self.above: dict[str, list[str]] = {node: [] for node in self.rank}
        self.below: dict[str, list[str]] = {node: [] for node in self.rank}
        for chain in self.chains:
            for upper, lower in itertools.pairwise(chain):
                self.above[lower].append(upper)
                self.below[upper].append(lower)
        self.ranks: list[list[str]] = [[] for _ in range(max(self.rank.values(), default=-1) + 1)]
        for node, rank in self.rank.items():
            self.ranks[rank].append(node)

    def half(self, node: str) -> float:
        """Returns half the width of a box or lane."""
        return BOX_WIDTH / 2 if node in self.boxes else LANE / 2

    def order_ranks(self) -> None:
        """Sorts each rank by the mean position of its neighbours, in alternating sweeps."""
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            neighbours = self.above if down else self.below
            ranks = self.ranks if down else self.ranks[::-1]
            for fixed, free in itertools.pairwise(ranks):
                place = {node: i / max(1, len(fixed) - 1) for i, node in enumerate(fixed)}
                keys = {node: _mean([place[n] for n in neighbours[node]], 0.5) for node in free}
                free.sort(key=keys.__getitem__)

    def places(self) -> dict[str, float]:
        """Computes the horizontal centre of each node, near its neighbours."""
        xs: dict[str, float] = {}
        for rank in self.ranks:
            xs.update(self._spread(rank, dict.fromkeys(rank, 0.0)))
        for sweep in range(2 * _SWEEPS):
            for rank in self.ranks if sweep % 2 == 0 else self.ranks[::-1]:
                wished = {node: self._wished(node, xs) for node in rank}
                xs.update(self._spread(rank, wished))
        return xs

    def _wished(self, node: str, xs: Mapping[str, float]) -> float:
        """Mean position of the neighbours; a box prefers neighbouring boxes to lanes."""
        near = self.above[node] + self.below[node]
        boxes = [n for n in near if n in self.boxes] if node in self.boxes else near
        return _mean([xs[n] for n in boxes or near], xs[node])

    def _spread(self, rank: Sequence[str], wished: Mapping[str, float]) -> dict[str, float]:
        offsets, at = [], 0.0
        for node, following in zip(rank, [*rank[1:], rank[-1]], strict=True):
            offsets.append(at)
            at += self.half(node) + GAP + self.half(following)
        free = [wished[node] - offset for node, offset in zip(rank, offsets, strict=True)]
        weights = [1.0 if node in self.boxes else 1e-3 for node in rank]
        fitted = isotonic_regression(free, weights=weights).x
        return {n: float(x) + offset for n, x, offset in zip(rank, fitted, offsets, strict=True)}

    def _chain(self, source: str, node: str) -> list[str]:
        """Returns the nodes of an edge, with a lane in each intermediate rank."""
        chain = [source]
        for rank in range(self.rank[source] + 1, self.rank[node]):
            lane = f"{source}\0{node}\0{rank}"
            self.rank[lane] = rank
            chain.append(lane)
        return [*chain, node]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
