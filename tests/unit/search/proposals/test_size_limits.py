"""The size limits of a search, above all of one with a time limit."""

from collections.abc import Mapping
from typing import Any

from kubenas.config import SearchConfig
from kubenas.search.oracles.encoding import Limits
from kubenas.search.proposals.size_limits import size_limits
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
