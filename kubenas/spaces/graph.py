"""A network as a graph of operations: what a space may tell of an architecture without building it.

Needs no TensorFlow, so that the search itself can tell which proposals are the same network,
which are alike, and how large they are.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

_HEIGHT = 3
"""Of the subtrees by which graphs are likened to each other."""


@dataclass(frozen=True)
class Graph:
    """A directed acyclic graph whose nodes are operations.

    Give it in the form in which equal networks are equal graphs: without what does not reach the
    output, and without operations that do nothing.

    Args:
        labels: operation of each node, its settings included ("conv 3x3 32").
        edges: pairs of node numbers, from the one whose output the other takes.
        parameters: an estimate of the weights, if there is one.
        flops: an estimate of the floating-point operations for one example, if there is one.
        rest: what else decides how such a network does, such as the learning rate: with another
            rest it is not the same, however alike.

    Raises:
        ValueError: an edge names a node that there is not.
    """

    labels: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    parameters: float | None = None
    flops: float | None = None
    rest: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(not 0 <= node < len(self.labels) for edge in self.edges for node in edge):
            raise ValueError(f"an edge names a node beyond the {len(self.labels)} that there are")

    @classmethod
    def chain(
        cls,
        labels: Iterable[str],
        *,
        parameters: float | None = None,
        flops: float | None = None,
        rest: Mapping[str, Any] | None = None,
    ) -> "Graph":
        """A network whose operations follow each other."""
        nodes = tuple(labels)
        return cls(nodes, tuple(pairwise(range(len(nodes)))), parameters, flops, rest or {})

    @cached_property
    def features(self) -> Mapping[str, int]:
        """How often each subtree up to a height of 3 occurs, incoming and outgoing edges told apart
        (Shervashidze et al., Weisfeiler-Lehman Graph Kernels, JMLR 2011).
        """
        counts: Counter[str] = Counter()
        for labels in self._label_rounds[: _HEIGHT + 1]:
            counts.update(labels)
        return dict(counts)

    @cached_property
    def key(self) -> str:
        """Equal for equal graphs, whatever the order of their nodes."""
        size = f"{len(self.labels)} {len(self.edges)}"
        rest = ",".join(f"{name}={_format(self.rest[name])}" for name in sorted(self.rest))
        return _digest(size, ",".join(sorted(self._label_rounds[-1])), rest)

    @cached_property
    def _label_rounds(self) -> list[list[str]]:
        """The nodes' labels, and what they become when each takes in its neighbours' again and
        again, until that tells no more nodes apart and the features are complete.
        """
        before, after = self._neighbours()
        rounds = [list(self.labels)]
        while len(rounds) <= _HEIGHT or len(set(rounds[-1])) > len(set(rounds[-2])):
            last = rounds[-1]
            rounds.append(
                [
                    _digest(
                        last[node],
                        _join_labels(last, before[node]),
                        _join_labels(last, after[node]),
                    )
                    for node in range(len(last))
                ]
            )
        return rounds

    def _neighbours(self) -> tuple[list[list[int]], list[list[int]]]:
        before: list[list[int]] = [[] for _ in self.labels]
        after: list[list[int]] = [[] for _ in self.labels]
        for source, target in self.edges:
            before[target].append(source)
            after[source].append(target)
        return before, after


def _join_labels(labels: list[str], nodes: list[int]) -> str:
    if len(nodes) < 2:
        return labels[nodes[0]] if nodes else ""
    return ",".join(sorted([labels[node] for node in nodes]))


def _format(value: Any) -> str:
    """As text, numbers without the digits that arithmetic disturbs."""
    return f"{value:.9g}" if isinstance(value, float) else repr(value)


def _digest(own: str, before: str, after: str) -> str:
    return hashlib.blake2b(f"{own}|{before}|{after}".encode(), digest_size=8).hexdigest()
