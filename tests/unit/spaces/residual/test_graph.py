"""The graph of a network of ``residual``: equal exactly where the networks are."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.spaces.graph import Graph
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.graph import ResidualGraph
from kubenas.spaces.residual.hypermodel import ResidualHyperModel
from kubenas.spaces.residual.network import BOTTLENECKS, network_of
from kubenas.spaces.residual.operations import build_body
from tests.unit.spaces.points import declared, points, sampled

SHAPE = (9, 20, 2)
HYPERMODEL = ResidualHyperModel(input_shape=SHAPE, num_classes=3, options=ResidualOptions())
GRAPH = ResidualGraph(input_shape=SHAPE, num_classes=3, options=ResidualOptions())
WRITING = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Add,
    keras.layers.Multiply,
)
"""Layers whose outputs count as activations."""


def default_with(**changes: Any) -> dict[str, Any]:
    """The default values with ``changes``."""
    return {**declared(HYPERMODEL).values, **changes}


def network_in(values: Mapping[str, Any], graph: Graph) -> tuple[Any, ...]:
    return build_body(network_of(values), SHAPE), graph.rest


@settings(max_examples=50)
@given(data=st.data())
def test_one_changed_value_changes_the_graph_where_it_changes_the_network(
    data: st.DataObject,
) -> None:
    hp = data.draw(points(HYPERMODEL))
    parameter = data.draw(st.sampled_from([p for p in hp.space if p.name in hp.values]))
    before, first = dict(hp.values), GRAPH(hp.values)
    hp.values[parameter.name] = parameter.random_sample(seed=data.draw(st.integers(0, 999)))
    hp.ensure_active_values()
    second = GRAPH(hp.values)
    same = network_in(before, first) == network_in(hp.values, second)
    assert (first.key == second.key) is same


def test_a_stride_that_cannot_shorten_the_map_is_no_difference() -> None:
    graph = ResidualGraph(input_shape=(7, 7, 1), num_classes=2, options=ResidualOptions())
    first, second = (graph(default_with(**{"stage_1/stride": stride})) for stride in (1, 2))
    assert first.key == second.key
    assert GRAPH(default_with(**{"stage_1/stride": 2})).key != GRAPH(default_with()).key


def test_blocks_of_one_stage_or_two_are_one_network_where_the_map_stays() -> None:
    graph = ResidualGraph(input_shape=(7, 7, 1), num_classes=2, options=ResidualOptions())
    one = default_with(**{"stages": 1, "stage_1/blocks": 2})
    two = default_with(**{"stages": 2, "stage_2/filters": 24})
    assert graph(one).key == graph(two).key


@pytest.mark.parametrize(
    ("kind", "branch"),
    [
        ("residual", ["conv 3 48 / (2, 2)", "conv 3 48 linear"]),
        ("separable", ["separable 3 48 / (2, 2)", "separable 3 48 linear"]),
        ("fused", ["conv 3 96 / (2, 2)", "conv 1 48 linear"]),
        ("inverted", ["conv 1 96", "depthwise 3 96 / (2, 2)", "conv 1 48 linear"]),
    ],
)
def test_a_block_is_its_branch_beside_its_shortcut(kind: str, branch: list[str]) -> None:
    graph = GRAPH(default_with(**{"stages": 2, "stage_2/block": kind, "stage_2/expansion": 4}))
    start = graph.labels.index("add, activation")
    added = start + len(branch) + 2
    expected = [*branch, "conv 1 48 / (2, 2) linear"]
    assert list(graph.labels[start + 1 : added]) == expected
    assert graph.labels[added] == ("add" if kind in BOTTLENECKS else "add, activation")
    assert {source for source, target in graph.edges if target == added} == {added - 1, added - 2}
    assert [target for source, target in graph.edges if source == start] == [start + 1, added - 1]


def test_the_default_network_has_about_175000_weights() -> None:
    graph = ResidualGraph(input_shape=(32, 32, 3), num_classes=10, options=ResidualOptions())
    size = graph(declared(HYPERMODEL).values)
    assert size.parameters == pytest.approx(175_000, rel=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_activations_are_what_the_networks_convolutions_write(seed: int) -> None:
    hp = sampled(HYPERMODEL, seed)
    written = 0
    for layer in HYPERMODEL.build(hp).layers:
        output = math.prod(layer.output.shape[1:])
        if isinstance(layer, WRITING):
            written += output
        if isinstance(layer, keras.layers.SeparableConv2D):  # its depthwise part
            written += output // layer.filters * layer.input.shape[-1]
    # Squeeze-and-excitation also writes vectors.
    assert GRAPH(hp.values).activations == pytest.approx(written, rel=0.01)
