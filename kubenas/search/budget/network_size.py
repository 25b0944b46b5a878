"""Size of the networks that a search with a time limit tries. Pure functions."""

from collections.abc import Callable, Mapping
from typing import Any

from kubenas.config import Config
from kubenas.spaces.graph import Graph

_LARGEST = 3.0
"""Largest cost of a network, as a multiple of the cost of the default network."""


def with_size_limit(
    config: Config,
    *,
    space: Mapping[str, Any],
    graph: Callable[[Mapping[str, Any]], Graph] | None,
) -> Config:
    """Returns ``config`` with a limit on the operations of proposed networks.

    In a space whose networks differ a hundredfold in cost, most random networks cannot be trained
    for an epoch in the time in which the default network is trained for all. A search without a
    time limit, or with a limit on the size, is not changed.

    Args:
        config: the config of the search.
        space: the search space with its default values, as HyperParameters.get_config().
        graph: function from values to the network's graph, if the space has one.
    """
    search = config.search
    limits = search.limits
    if search.max_seconds is None or graph is None or limits.flops or limits.parameters:
        return config
    flops = graph(space["values"]).flops
    if flops is None:
        return config
    limits = limits.model_copy(update={"flops": round(_LARGEST * flops)})
    return config.model_copy(update={"search": search.model_copy(update={"limits": limits})})
