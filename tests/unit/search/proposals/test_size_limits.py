"""The size limits of a search, above all of one with a time limit."""

from collections.abc import Mapping
from typing import Any

from kubenas.config import Config, SearchConfig
from kubenas.search.oracles.encoding import Limits
from kubenas.search.proposals.size_limits import affordable_limits, size_limits
from kubenas.spaces.graph import Graph

SPACE = {"space": [], "values": {"filters": 100}}


def graph(values: Mapping[str, Any]) -> Graph:
    filters = float(values["filters"])
    return Graph.chain(["conv"], flops=filters**2, activations=filters)


def test_networks_cost_at_most_three_times_the_default_network() -> None:
    limits = size_limits(SearchConfig(max_seconds=60), space=SPACE, graph=graph)
    assert limits == Limits(flops=30_000, activations=300)
    assert limits.allow(graph({"filters": 170}))
    assert not limits.allow(graph({"filters": 180}))
    assert not limits.allow(Graph.chain(["conv"], flops=1.0, activations=301.0))


def test_texts_have_a_least_limit() -> None:
    search = SearchConfig(max_seconds=60)
    assert size_limits(search, space=SPACE, graph=graph, kind="text") == Limits(
        flops=3e7, activations=1e5
    )
    large = {"space": [], "values": {"filters": 100_000}}
    assert size_limits(search, space=large, graph=graph, kind="text") == Limits(
        flops=3e10, activations=3e5
    )


def test_there_is_no_limit_without_a_time_limit() -> None:
    assert size_limits(SearchConfig(), space=SPACE, graph=graph) == Limits()


def test_the_users_limits_replace_those_of_the_time_limit() -> None:
    for own in ({"flops": 7}, {"parameters": 7}):
        search = SearchConfig(max_seconds=60, limits=own)
        assert size_limits(search, space=SPACE, graph=graph) == Limits(**own)


def test_a_space_of_unknown_size_is_not_limited() -> None:
    search = SearchConfig(max_seconds=60)
    assert size_limits(search, space=SPACE, graph=None) == Limits()
    assert size_limits(search, space=SPACE, graph=lambda _: Graph.chain(["conv"])) == Limits()


def affordable(seconds: float, epoch_seconds: float, filters: float = 100) -> Limits | None:
    """Limits after a training of a network with ``filters``, in a search of ``seconds``."""
    config = Config.model_validate(
        {
            "name": "s",
            "output": "o",
            "data": {"source": "digits"},
            "search": {"max_seconds": seconds},
        }
    )
    return affordable_limits(config, {"filters": filters}, epoch_seconds, space=SPACE, graph=graph)


def test_the_largest_network_can_be_retrained_for_forty_epochs() -> None:
    assert affordable(800, 10.0) == Limits(flops=2.0**2 * 10_000, activations=200)
    # A network of twice the size that takes twice the time tells the same.
    assert affordable(800, 20.0, filters=200) == affordable(800, 10.0)


def test_the_largest_network_is_never_far_from_the_default_one() -> None:
    short, long = affordable(1, 10.0), affordable(1e6, 10.0)
    assert short == Limits(flops=1.25**2 * 10_000, activations=125)
    assert long == Limits(flops=6.0**2 * 10_000, activations=600)


def test_a_measured_speed_does_not_replace_the_users_limits() -> None:
    config = Config.model_validate(
        {
            "name": "s",
            "output": "o",
            "data": {"source": "digits"},
            "search": {"max_seconds": 800, "limits": {"flops": 7}},
        }
    )
    assert affordable_limits(config, {"filters": 1}, 1.0, space=SPACE, graph=graph) is None
