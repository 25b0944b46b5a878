"""Limits on the size of the networks that a search proposes. Pure functions."""

from collections.abc import Mapping
from typing import Any

from kubenas.config import SearchConfig
from kubenas.search.oracles.encoding import GraphOf, Limits

_LARGEST = 3.0
"""Largest cost of a network, as a multiple of the cost of the default network."""


def size_limits(search: SearchConfig, *, space: Mapping[str, Any], graph: GraphOf | None) -> Limits:
    """Returns the limits that the config sets, or else those of a search with a time limit.

    In a space whose networks differ a hundredfold in cost, most random networks cannot be trained
    for an epoch in the time in which the default network is trained for all. A search with a time
    limit therefore proposes networks with up to three times the operations and activations of the
    default network.

    Args:
        search: ``search:`` of the config.
        space: the search space with its default values, as HyperParameters.get_config().
        graph: function from values to the network's graph, if the space has one.
    """
    own = Limits(search.limits.parameters, search.limits.flops)
    if search.max_seconds is None or graph is None or own != Limits():
        return own
    default = graph(space["values"])
    return Limits(flops=_times(default.flops), activations=_times(default.activations))


def _times(cost: float | None) -> float | None:
    return None if cost is None else _LARGEST * cost
