"""Limits on the size of the networks that a search proposes. Pure functions."""

from collections.abc import Mapping
from typing import Any

from kubenas.config import SearchConfig
from kubenas.search.oracles.encoding import GraphOf, Limits
from kubenas.spaces.entries import Kind

_LARGEST = 3.0
"""Largest cost of a network, as a multiple of the cost of the default network."""
_LEAST_FOR_TEXTS = Limits(flops=3e7, activations=1e5)
"""Smallest limits for texts.

A step of a bag of words takes the time to update its embeddings, which every network for texts
has. Multiples of its few operations say little about time.
"""


def size_limits(
    search: SearchConfig,
    *,
    space: Mapping[str, Any],
    graph: GraphOf | None,
    kind: Kind | None = None,
) -> Limits:
    """Returns the limits that the config sets, or else those of a search with a time limit.

    In a space whose networks differ a hundredfold in cost, most random networks cannot be trained
    for an epoch in the time in which the default network is trained for all. A search with a time
    limit therefore proposes networks with up to three times the operations and activations of the
    default network. Networks for texts may always have those of a small convolutional network.

    Args:
        search: ``search:`` of the config.
        space: the search space with its default values, as HyperParameters.get_config().
        graph: function from values to the network's graph, if the space has one.
        kind: kind of the examples, of a registered space.
    """
    own = Limits(search.limits.parameters, search.limits.flops)
    if search.max_seconds is None or graph is None or own != Limits():
        return own
    default = graph(space["values"])
    least = _LEAST_FOR_TEXTS if kind == "text" else Limits()
    return Limits(
        flops=_limit(default.flops, least.flops),
        activations=_limit(default.activations, least.activations),
    )


def _limit(cost: float | None, least: float | None) -> float | None:
    return None if cost is None else max(_LARGEST * cost, least or 0.0)
