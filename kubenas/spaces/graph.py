"""A network as a graph of operations, which a space may provide without building the model.

Oracles use graphs to recognise equal networks, to measure similarity and to estimate sizes. Needs
no TensorFlow.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

_HEIGHT = 3
"""Maximum height of the subtrees that are counted."""


@dataclass(frozen=True)
class Graph:
    """A directed acyclic graph whose nodes are operations.

    Equal networks must have equal graphs: leave out nodes that do not reach the output, and
    operations without effect.

    Args:
        labels: operation of each node with its settings, such as "conv 3x3 32".
        edges: pairs of node indices: (source, target).
        parameters: estimated number of weights, if known.
        flops: estimated floating-point operations for one example, if known.
        rest: values that affect the score but not the graph, such as the learning rate. Networks
            with a different ``rest`` are not equal.
        activations: estimated values that convolutions and the like write for one example, if
            known. They tell more about the time of a training than operations do (Dollar et al.,
            Fast and Accurate Model Scaling, arXiv 2103.06877).

    Raises:
        ValueError: an edge has a node index out of range.
    """

    labels: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    parameters: float | None = None
    flops: float | None = None
    rest: Mapping[str, Any] = field(default_factory=dict)
    activations: float | None = None

    def __post_init__(self) -> None:
        if any(not 0 <= node < len(self.labels) for edge in self.edges for node in edge):
            raise ValueError(
                f"edges: a node index is out of range; there are {len(self.labels)} nodes"
            )

    @classmethod
    def chain(
        cls,
        labels: Iterable[str],
        *,
        parameters: float | None = None,
        flops: float | None = None,
        rest: Mapping[str, Any] | None = None,
        activations: float | None = None,
    ) -> "Graph":
        """Returns the graph of a sequence of operations."""
        nodes = tuple(labels)
        edges = tuple(pairwise(range(len(nodes))))
        return cls(nodes, edges, parameters, flops, rest or {}, activations)

    @cached_property
    def features(self) -> Mapping[str, int]:
        """Counts of the subtrees up to a height of 3, with edge directions distinguished
        (Shervashidze et al., Weisfeiler-Lehman Graph Kernels, JMLR 2011).
        """
        counts: Counter[str] = Counter()
        for labels in self._label_rounds[: _HEIGHT + 1]:
            counts.update(labels)
        return dict(counts)

    @cached_property
    def key(self) -> str:
        """Key that is equal for equal graphs, independent of the order of nodes."""
        size = f"{len(self.labels)} {len(self.edges)}"
        rest = ",".join(f"{name}={_format(self.rest[name])}" for name in sorted(self.rest))
        return _digest(size, ",".join(sorted(self._label_rounds[-1])), rest)

    @cached_property
    def _label_rounds(self) -> list[list[str]]:
        """Labels of the nodes after each round of Weisfeiler-Lehman relabelling.

        Rounds end when they distinguish no more nodes and :attr:`features` are complete.
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
    """Formats a value. Floats are rounded, so that rounding errors do not change the key."""
    return f"{value:.9g}" if isinstance(value, float) else repr(value)


def _digest(own: str, before: str, after: str) -> str:
    return hashlib.blake2b(f"{own}|{before}|{after}".encode(), digest_size=8).hexdigest()
