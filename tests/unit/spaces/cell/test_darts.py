"""Networks of DARTS: nodes, reductions, and cells that are equal."""

from typing import Any

import pytest

from kubenas.spaces.cell.darts.cell import input_pairs
from kubenas.spaces.cell.graph import CellGraph
from kubenas.spaces.cell.network import build_body, network_of
from kubenas.spaces.cell.operations import Convolve, FactorizedReduce, Separable
from kubenas.spaces.cell.wiring import Body
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import CellOptions

SHAPE = (32, 32, 3)
OPTIONS = CellOptions(kind="darts", nodes=2)
CONV_3, CONV_5, DILATED, SKIP = "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "skip_connect"


def cell(name: str, *nodes: tuple[str, str, str]) -> dict[str, str]:
    """The values of a cell whose nodes have these inputs and operations."""
    values: dict[str, str] = {}
    for number, (inputs, first, second) in enumerate(nodes, start=2):
        node = f"{name}/node_{number}"
        values |= {f"{node}/operation_1": first, f"{node}/operation_2": second}
        values |= {f"{node}/inputs": inputs} if number > 2 else {}
    return values


CONVOLUTIONS = ("0 1", CONV_3, CONV_3)
REDUCTION = cell("reduction", CONVOLUTIONS, CONVOLUTIONS)


def graph_of(normal: dict[str, str]) -> Graph:
    graph = CellGraph(input_shape=SHAPE, num_classes=10, options=OPTIONS)
    return graph(normal | REDUCTION)


def body_of(values: dict[str, str], options: CellOptions = OPTIONS) -> Body:
    return build_body(network_of(values, options), SHAPE)


def operations(body: Body, prefix: str) -> list[Any]:
    return [node.operation for node in body if node.name.startswith(prefix)]


def test_a_node_takes_two_different_earlier_nodes() -> None:
    assert input_pairs(2) == ["0 1"]
    assert input_pairs(4) == ["0 1", "0 2", "0 3", "1 2", "1 3", "2 3"]
    assert [len(input_pairs(node)) for node in range(2, 6)] == [1, 3, 6, 10]


def test_reductions_are_at_a_third_and_two_thirds_and_double_the_filters() -> None:
    options = CellOptions(kind="darts", nodes=2, cells=2)
    body = body_of(cell("normal", CONVOLUTIONS, CONVOLUTIONS) | REDUCTION, options)
    outputs = [(n.name.rpartition("_")[0], n.shape) for n in body if n.name.endswith("concat")]
    assert [name for name, _ in outputs] == [
        "stage_1_cell_1",
        "stage_1_cell_2",
        "reduction_1",
        "stage_2_cell_1",
        "stage_2_cell_2",
        "reduction_2",
        "stage_3_cell_1",
        "stage_3_cell_2",
    ]
    first, second, third = (32, 32, 32), (16, 16, 64), (8, 8, 128)
    assert [shape for _, shape in outputs] == [first] * 2 + [second] * 3 + [third] * 3


def test_only_operations_on_the_inputs_of_a_reduction_cell_have_a_stride() -> None:
    reduction = cell("reduction", ("0 1", CONV_5, SKIP), ("1 2", DILATED, CONV_3))
    body = body_of(cell("normal", CONVOLUTIONS, CONVOLUTIONS) | reduction)
    assert operations(body, "reduction_1_edge_0_2") == [
        Separable(32, 5, strides=(2, 2)),
        Separable(32, 5),
    ]
    assert operations(body, "reduction_1_edge_1_2") == [FactorizedReduce(32)]
    assert operations(body, "reduction_1_edge_1_3") == [Separable(32, 3, 2, (2, 2))]
    assert operations(body, "reduction_1_edge_2_3") == [Separable(32, 3), Separable(32, 3)]


def test_the_cell_after_a_reduction_halves_the_earlier_input() -> None:
    body = body_of(cell("normal", CONVOLUTIONS, CONVOLUTIONS) | REDUCTION)
    assert operations(body, "stage_2_cell_1_input") == [FactorizedReduce(32), Convolve(32, 1)]
    assert operations(body, "stage_1_cell_1_input") == [Convolve(16, 1), Convolve(16, 1)]


@pytest.mark.parametrize("shape", [(4, 4, 1), (1, 90, 3), (7, 7, 1)])
def test_small_maps_keep_their_sides(shape: tuple[int, int, int]) -> None:
    skips = ("0 1", SKIP, SKIP)
    values = cell("normal", CONVOLUTIONS, CONVOLUTIONS) | cell("reduction", skips, skips)
    body = build_body(network_of(values, OPTIONS), shape)
    assert not any(isinstance(node.operation, FactorizedReduce) for node in body)
    assert body[-1].shape[:2] == body[1].shape[:2]


def test_nodes_in_another_order_are_the_same_network() -> None:
    one = cell("normal", ("0 1", CONV_3, CONV_5), ("0 1", SKIP, DILATED))
    other = cell("normal", ("0 1", SKIP, DILATED), ("0 1", CONV_3, CONV_5))
    assert graph_of(one).key == graph_of(other).key


def test_nodes_of_the_same_skips_are_one_node() -> None:
    skips = ("0 1", SKIP, SKIP)
    values = cell("normal", skips, skips)
    body = body_of(values | REDUCTION)
    assert len(operations(body, "stage_1_cell_1_node")) == 1
    assert graph_of(values).key != graph_of(cell("normal", skips, ("0 2", SKIP, SKIP))).key
