"""The graph of a network of ``mobile``: equal exactly where the networks are."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.spaces.graph import Graph
from kubenas.spaces.mobile.graph import MobileGraph
from kubenas.spaces.mobile.hypermodel import MobileHyperModel
from kubenas.spaces.mobile.network import network_of
from kubenas.spaces.mobile.operations import build_body
from kubenas.spaces.options import MobileOptions
from tests.unit.spaces.points import Shape, declared, points

SHAPE = (96, 120, 3)
SMALL = (20, 20, 1)
OPTIONS = MobileOptions()
HYPERMODEL = MobileHyperModel(input_shape=SHAPE, num_classes=3, options=OPTIONS)


def graph_of(values: Mapping[str, Any], shape: Shape = SHAPE) -> Graph:
    return MobileGraph(input_shape=shape, num_classes=3, options=OPTIONS)(values)


def default_with(**changes: Any) -> dict[str, Any]:
    """The default values with ``changes``."""
    return {**declared(HYPERMODEL).values, **changes}


def network_in(values: Mapping[str, Any], shape: Shape) -> tuple[Any, ...]:
    described = ("image_scale", "width", "stages", "stage_", "drop_path")
    rest = {name: value for name, value in values.items() if not name.startswith(described)}
    return build_body(network_of(values), shape), rest


@settings(max_examples=50)
@given(data=st.data(), shape=st.sampled_from([SHAPE, SMALL]))
def test_one_changed_value_changes_the_graph_where_it_changes_the_network(
    data: st.DataObject, shape: Shape
) -> None:
    hp = data.draw(points(HYPERMODEL))
    parameter = data.draw(st.sampled_from([p for p in hp.space if p.name in hp.values]))
    before = dict(hp.values)
    hp.values[parameter.name] = parameter.random_sample(seed=data.draw(st.integers(0, 999)))
    hp.ensure_active_values()
    same = network_in(before, shape) == network_in(hp.values, shape)
    assert (graph_of(before, shape).key == graph_of(hp.values, shape).key) is same


def test_a_scale_is_no_difference_for_small_images() -> None:
    full, half = default_with(), default_with(image_scale=0.5)
    assert graph_of(full, SMALL).key == graph_of(half, SMALL).key
    assert graph_of(full).key != graph_of(half).key


def test_dropped_branches_are_no_difference_without_a_shortcut() -> None:
    single = {f"stage_{number}/blocks": 1 for number in range(1, 5)}
    plain, dropped = (default_with(**single, drop_path=rate) for rate in (0.0, 0.2))
    assert graph_of(plain).key == graph_of(dropped).key
    assert graph_of(default_with(drop_path=0.2)).key != graph_of(default_with()).key


@pytest.mark.parametrize(
    ("kind", "first", "other"),
    [
        ("fused", ["conv 3 48 / (2, 2)", "conv 1 48 linear"], ["conv 3 96", "conv 1 48 linear"]),
        (
            "inverted",
            ["conv 1 48", "depthwise 3 48 / (2, 2)", "conv 1 48 linear"],
            ["conv 1 96", "depthwise 3 96", "conv 1 48 linear"],
        ),
        (
            "convnext",
            ["depthwise 3 24 / (2, 2) linear", "conv 1 48", "conv 1 48 linear"],
            ["depthwise 3 48 linear", "conv 1 96", "conv 1 48 linear"],
        ),
        (
            "extra_depthwise",
            ["depthwise 3 24 linear", "conv 1 48", "depthwise 3 48 / (2, 2)", "conv 1 48 linear"],
            ["depthwise 3 48 linear", "conv 1 96", "depthwise 3 96", "conv 1 48 linear"],
        ),
        (
            "feed_forward",
            ["conv 3 48 / (2, 2)", "conv 1 48 linear"],
            ["conv 1 96", "conv 1 48 linear"],
        ),
    ],
)
def test_a_stage_has_a_strided_block_and_then_blocks_with_shortcuts(
    kind: str, first: list[str], other: list[str]
) -> None:
    strided = "fused" if kind == "feed_forward" else kind
    kinds = {"stage_2/first_block": strided, "stage_2/other_blocks": kind}
    graph = graph_of(default_with(stages=2, **kinds))
    start = graph.labels.index("conv 1 24 linear") + 1
    middle, added = start + len(first), start + len(first) + len(other)
    assert list(graph.labels[start:added]) == [*first, *other]
    assert graph.labels[added] == "add"
    assert [source for source, target in graph.edges if target == added] == [added - 1, middle - 1]


def test_the_input_size_changes_the_work_and_not_the_weights() -> None:
    full, half = (graph_of(default_with(image_scale=scale), (224, 200, 3)) for scale in (1.0, 0.5))
    assert half.labels[0] == "resize (112, 100)"
    assert half.parameters == full.parameters
    assert half.flops is not None
    assert full.flops is not None
    assert 2 < full.flops / half.flops < 4


def test_the_default_network_has_about_a_million_weights() -> None:
    values = declared(HYPERMODEL).values
    size = MobileGraph(input_shape=(96, 96, 3), num_classes=10, options=OPTIONS)(values)
    assert size.parameters == pytest.approx(1_040_000, rel=0.05)
    assert size.flops == pytest.approx(96e6, rel=0.05)
