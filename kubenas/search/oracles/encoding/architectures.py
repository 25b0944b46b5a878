"""What is known of a point before it is tried: which network it is, and how large."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from kubenas.search.oracles.encoding.dimension import Floats
from kubenas.search.oracles.encoding.encoding import Encoding
from kubenas.spaces.graph import Graph

GraphOf: TypeAlias = Callable[[Mapping[str, Any]], Graph]


@dataclass(frozen=True)
class Limits:
    """What no proposal may exceed, by the estimates of the space's graphs. None: no limit."""

    parameters: float | None = None
    flops: float | None = None

    def allow(self, graph: Graph) -> bool:
        """Whether ``graph`` keeps within the limits; what is not known of it does."""
        return _within(graph.parameters, self.parameters) and _within(graph.flops, self.flops)


@dataclass(frozen=True)
class Architecture:
    """A point as a network."""

    key: object
    """Equal for points that are the same network."""
    features: Mapping[str, int] | None
    """Weisfeiler-Lehman subtree counts; None: the space tells of no graph."""
    size: tuple[float, float]
    """Logarithms of parameters and of floating-point operations; NaN: not known."""
    allowed: bool


class Architectures:
    """Designs of the points of ``encoding``, each made once.

    Args:
        encoding: of the space.
        graph: the network at some values, if the space can tell.
        limits: what is allowed.
    """

    def __init__(
        self, encoding: Encoding, *, graph: GraphOf | None = None, limits: Limits | None = None
    ) -> None:
        self._encoding = encoding
        self._graph = graph
        self._limits = limits or Limits()
        self._made: dict[bytes, Architecture] = {}

    @property
    def has_graphs(self) -> bool:
        """Whether designs have features and sizes."""
        return self._graph is not None

    def of(self, points: Floats) -> list[Architecture]:
        """The designs of ``(any number, dimensions)`` points."""
        found = []
        for key in self._encoding.keys(points):
            architecture = self._made.get(key)
            if architecture is None:
                architecture = self._made[key] = self._make(key)
            found.append(architecture)
        return found

    def _make(self, key: bytes) -> Architecture:
        if self._graph is None:
            return Architecture(key, None, (math.nan, math.nan), allowed=True)
        # Of the rounded point: a label with a number must not depend on its last digits, which
        # change when a proposal's values are read again from the journal.
        graph = self._graph(self._encoding.decode(np.frombuffer(key)))
        size = (_log(graph.parameters), _log(graph.flops))
        return Architecture(graph.key, graph.features, size, self._limits.allow(graph))


def _within(estimate: float | None, limit: float | None) -> bool:
    return estimate is None or limit is None or estimate <= limit


def _log(estimate: float | None) -> float:
    return math.nan if estimate is None else math.log1p(max(0.0, estimate))


def sizes(architectures: list[Architecture]) -> Floats:
    """``(designs, 2)``: logarithms of parameters and operations."""
    return np.array([architecture.size for architecture in architectures]).reshape(
        len(architectures), 2
    )
