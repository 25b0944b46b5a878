"""The size limit of a search with a time limit."""

from collections.abc import Mapping
from typing import Any

from kubenas.config import Config, parse_config
from kubenas.search.budget import with_size_limit
from kubenas.spaces.graph import Graph

SPACE = {"space": [], "values": {"filters": 100}}


def config_of(**search: Any) -> Config:
    content = {"name": "n", "output": "/out", "data": {"source": "digits"}, "search": search}
    return parse_config(content, origin="test")


def graph(values: Mapping[str, Any]) -> Graph:
    return Graph.chain(["conv"], flops=float(values["filters"]))


def test_networks_cost_at_most_three_times_the_default_network() -> None:
    limited = with_size_limit(config_of(max_seconds=60), space=SPACE, graph=graph)
    assert limited.search.limits.flops == 300


def test_there_is_no_limit_without_a_time_limit_or_beside_the_users_own() -> None:
    for config in (
        config_of(),
        config_of(max_seconds=60, limits={"flops": 7}),
        config_of(max_seconds=60, limits={"parameters": 7}),
    ):
        assert with_size_limit(config, space=SPACE, graph=graph) == config


def test_a_space_of_unknown_size_is_not_limited() -> None:
    config = config_of(max_seconds=60)
    assert with_size_limit(config, space=SPACE, graph=None) == config
    unknown = with_size_limit(config, space=SPACE, graph=lambda _: Graph.chain(["conv"]))
    assert unknown == config
