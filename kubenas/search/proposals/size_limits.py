"""Limits on the size of the networks that a search proposes. Pure functions."""

from collections.abc import Mapping
from typing import Any

from kubenas.config import Config, SearchConfig
from kubenas.search.oracles.encoding import GraphOf, Limits
from kubenas.spaces.entries import Kind

_LARGEST = 3.0
"""Largest cost of a network, as a multiple of the cost of the default network."""
_LEAST_FOR_TEXTS = Limits(flops=3e7, activations=1e5)
"""Smallest limits for texts.

A step of a bag of words takes the time to update its embeddings, which every network for texts
has. Multiples of its few operations say little about time.
"""
_FINAL_EPOCHS = 40
"""Epochs for which there must be time when the largest network is retrained."""
_SMALLEST_MULTIPLE, _LARGEST_MULTIPLE = 1.25, 6.0
"""Bounds of the largest activations, as a multiple of those of the default network."""


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


def affordable_limits(
    config: Config,
    trained: Mapping[str, Any],
    epoch_seconds: float,
    *,
    space: Mapping[str, Any],
    graph: GraphOf | None,
    kind: Kind | None = None,
) -> Limits | None:
    """Returns the limits of networks that can be retrained long enough, from a measured speed.

    The time of an epoch is about proportional to the activations. Where filters are wider, their
    number grows like the activations and that of the operations like its square.

    Args:
        config: the config with its defaults.
        trained: values of a network that was trained.
        epoch_seconds: seconds per epoch of its training.
        space: as for :func:`size_limits`.
        graph: as for :func:`size_limits`.
        kind: as for :func:`size_limits`.

    Returns:
        None if :func:`size_limits` does not depend on the time, a size is unknown, or for texts,
        whose activations do not tell the time.
    """
    seconds = config.retraining_seconds
    by_time = size_limits(config.search, space=space, graph=graph)
    if graph is None or seconds is None or by_time.activations is None or kind == "text":
        return None
    own, default = graph(trained).activations, graph(space["values"])
    if not own or not default.activations or default.flops is None or epoch_seconds <= 0:
        return None
    affordable = own * seconds / (_FINAL_EPOCHS * epoch_seconds)
    multiple = affordable / default.activations
    multiple = min(max(multiple, _SMALLEST_MULTIPLE), _LARGEST_MULTIPLE)
    return Limits(flops=multiple**2 * default.flops, activations=multiple * default.activations)


def _limit(cost: float | None, least: float | None) -> float | None:
    return None if cost is None else max(_LARGEST * cost, least or 0.0)
