"""Networks of NAS-Bench-201: published sizes, and cells that are equal."""

from itertools import pairwise

import pytest

from kubenas.spaces.cell import values_of_architecture
from kubenas.spaces.cell.graph import CellGraph
from kubenas.spaces.cell.nasbench201.cell import EDGES, edge_name
from kubenas.spaces.cell.network import build_body, network_of
from kubenas.spaces.cell.operations import Convolve, NormActivation
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import CellOptions

CIFAR = (32, 32, 3)
PUBLISHED = CellOptions(cells=5)
ONE = CellOptions()
NONE = {edge_name(edge): "none" for edge in EDGES}


def cell(**operations: str) -> dict[str, str]:
    """The values of a cell whose other edges are none."""
    return NONE | {f"edge_{edge}": operation for edge, operation in operations.items()}


CONV_1, CONV_3, POOL, SKIP = "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect"
A, B, C = CONV_1, CONV_3, POOL


def graph_of(values: dict[str, str], options: CellOptions = ONE) -> Graph:
    return CellGraph(input_shape=CIFAR, num_classes=10, options=options)(values)


def trainable_weights(values: dict[str, str]) -> int:
    """Weights without the moving mean and variance of normalisations."""
    body = build_body(network_of(values, PUBLISHED), CIFAR)
    normalised = [
        node.shape[2]
        for node in body
        if isinstance(node.operation, NormActivation)
        or (isinstance(node.operation, Convolve) and node.operation.normalised)
    ]
    return int(graph_of(values, PUBLISHED).parameters or 0) - 2 * sum(normalised)


@pytest.mark.parametrize(
    ("architecture", "millions"),
    [
        (
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
            "+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
            1.53155,
        ),
        (
            "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|"
            "+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
            0.12931,
        ),
        (
            "|skip_connect~0|+|skip_connect~0|avg_pool_3x3~1|"
            "+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_3x3~2|",
            0.58739,
        ),
    ],
)
def test_the_number_of_weights_is_that_of_the_published_table(
    architecture: str, millions: float
) -> None:
    weights = trainable_weights(values_of_architecture(architecture))
    assert weights / 1e6 == pytest.approx(millions, abs=5e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(cell(**{"0_3": A}), cell(**{"0_1": A, "1_3": SKIP}), id="skips"),
        pytest.param(cell(**{"0_3": A}), cell(**{"0_3": A, "0_1": B}), id="leads nowhere"),
        pytest.param(cell(**{"0_3": A}), cell(**{"0_3": A, "1_2": B, "2_3": B}), id="no input"),
        pytest.param(
            cell(**{"0_1": A, "0_2": B, "1_3": B, "2_3": A}),
            cell(**{"0_1": B, "0_2": A, "1_3": A, "2_3": B}),
            id="nodes in another order",
        ),
        pytest.param(
            cell(**{"0_1": A, "1_2": SKIP, "0_2": B, "2_3": SKIP, "0_3": C}),
            cell(**{"0_1": A, "1_3": SKIP, "0_2": B, "2_3": SKIP, "0_3": C}),
            id="a sum in two steps",
        ),
        pytest.param(
            cell(**{"0_1": POOL, "1_3": A, "0_2": POOL, "2_3": B}),
            cell(**{"0_1": POOL, "1_3": A, "1_2": SKIP, "2_3": B}),
            id="the same pooling twice",
        ),
        pytest.param(NONE, cell(**{"0_1": A, "0_2": B, "1_2": C}), id="no path"),
    ],
)
def test_equal_cells_have_equal_graphs(one: dict[str, str], other: dict[str, str]) -> None:
    first, second = graph_of(one), graph_of(other)
    assert first.key == second.key
    assert (first.parameters, first.flops) == (second.parameters, second.flops)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(cell(**{"0_3": SKIP}), NONE, id="identity or zeros"),
        pytest.param(cell(**{"0_3": A}), cell(**{"0_3": B}), id="kernels"),
        pytest.param(cell(**{"0_3": A}), cell(**{"0_3": A, "0_1": SKIP, "1_3": SKIP}), id="a skip"),
        pytest.param(
            cell(**{"0_1": A, "1_3": SKIP, "0_3": A}),
            cell(**{"0_1": A, "1_3": SKIP, "1_2": SKIP, "2_3": SKIP}),
            id="two convolutions or one twice",
        ),
    ],
)
def test_different_cells_have_different_graphs(one: dict[str, str], other: dict[str, str]) -> None:
    assert graph_of(one).key != graph_of(other).key


def test_stages_halve_the_map_and_double_the_filters() -> None:
    body = build_body(network_of(cell(**{"0_3": CONV_3}), PUBLISHED), CIFAR)
    shapes = [node.shape for node in body if "_cell_" in node.name]
    assert shapes == [(32, 32, 16)] * 5 + [(16, 16, 32)] * 5 + [(8, 8, 64)] * 5


@pytest.mark.parametrize("shape", [(4, 4, 1), (1, 300, 3), (15, 15, 3), (224, 150, 4)])
def test_large_images_are_shortened_and_small_maps_kept(shape: tuple[int, int, int]) -> None:
    body = build_body(network_of(cell(**{"0_3": CONV_3}), ONE), shape)
    maps = [node.shape for node in body if "_cell_" in node.name]
    assert max(maps[0][:2]) <= 32
    assert [channels for *_, channels in maps] == [16, 32, 64]
    for before, after in pairwise(maps):
        halved = min(before[:2]) >= 8
        assert after[:2] == tuple(-(-side // (1 + halved)) for side in before[:2])
