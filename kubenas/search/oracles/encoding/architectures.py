"""The architectures of points: identity, graph features and size, known before training."""

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
    """Size limits of proposals, by the estimates of the space's graphs. None: no limit."""

    parameters: float | None = None
    flops: float | None = None
    activations: float | None = None

    def allow(self, graph: Graph) -> bool:
        """Returns whether ``graph`` is within the limits. An unknown size is within them."""
        return (
            _within(graph.parameters, self.parameters)
            and _within(graph.flops, self.flops)
            and _within(graph.activations, self.activations)
        )


@dataclass(frozen=True)
class Architecture:
    """The architecture of a point."""

    key: object
    """Equal for points that stand for the same network."""
    features: Mapping[str, int] | None
    """Weisfeiler-Lehman subtree counts. None: the space has no graphs."""
    size: tuple[float, float]
    """Logarithms of parameters and of floating-point operations. NaN: unknown."""
    allowed: bool
    """Whether it is within the limits."""


class Architectures:
    """Computes and caches the architectures of points.

    Args:
        encoding: encoding of the space.
        graph: function that returns the graph of the network with the given values, if the
            space has one.
        limits: size limits.
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
        """Whether architectures have features and sizes."""
        return self._graph is not None

    @property
    def limits_time(self) -> bool:
        """Whether there is a limit on the activations, which tell the time of a training."""
        return self.has_graphs and self._limits.activations is not None

    def of(self, points: Floats) -> list[Architecture]:
        """Returns the architectures of ``points``, ``(points, dimensions)``."""
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
        # Decode the rounded point: labels must not depend on the last digits of numbers, which
        # change when values are read back from the journal.
        graph = self._graph(self._encoding.decode(np.frombuffer(key)))
        size = (_log(graph.parameters), _log(graph.flops))
        return Architecture(graph.key, graph.features, size, self._limits.allow(graph))


def _within(estimate: float | None, limit: float | None) -> bool:
    return estimate is None or limit is None or estimate <= limit


def _log(estimate: float | None) -> float:
    return math.nan if estimate is None else math.log1p(max(0.0, estimate))


def sizes(architectures: list[Architecture]) -> Floats:
    """Returns the logarithms of parameters and operations, ``(architectures, 2)``."""
    return np.array([architecture.size for architecture in architectures]).reshape(
        len(architectures), 2
    )
