"""The body of a network of NAS-Bench-201: stages of cells, and residual blocks between them."""

from collections.abc import Sequence
from typing import assert_never

from kubenas.spaces.cell.nasbench201.cell import INPUT, OUTPUT, Edge, Nasbench201Cell, OperationName
from kubenas.spaces.cell.operations import (
    KEPT,
    Convolve,
    NormActivation,
    Operation,
    Pool,
    Zeros,
)
from kubenas.spaces.cell.reduction import append_stem
from kubenas.spaces.cell.wiring import Wiring
from kubenas.spaces.convolution.strides import block_strides

_STAGES = 3


def append_body(wiring: Wiring, cell: Nasbench201Cell, *, cells: int, filters: int) -> None:
    """Adds the stem, three stages and the final normalisation.

    Args:
        wiring: receives the operations.
        cell: the cell that all stages repeat.
        cells: number of cells in a stage.
        filters: channels of the first stage; a residual block doubles them.
    """
    node = append_stem(wiring, filters)
    for stage in range(1, _STAGES + 1):
        if stage > 1:
            node = _append_reduction(wiring, f"reduction_{stage - 1}", node)
        for number in range(1, cells + 1):
            node = _CellWiring(wiring, f"stage_{stage}_cell_{number}", cell, node).append()
    wiring.add("last", NormActivation(), node)


def _append_reduction(wiring: Wiring, name: str, source: int) -> int:
    """Adds a residual block that halves the map, if it is large enough, and doubles its filters."""
    shape = wiring.shape(source)
    filters, strides = 2 * shape[2], block_strides(shape, 2)
    branch = wiring.add(f"{name}_conv_1", Convolve(filters, 3, strides), source)
    branch = wiring.add(f"{name}_conv_2", Convolve(filters, 3), branch)
    shortcut = source
    if strides != KEPT:
        shortcut = wiring.add(f"{name}_pool", Pool("avg", strides, strides), source)
    projection = Convolve(filters, 1, activated=False, normalised=False)
    shortcut = wiring.add(f"{name}_shortcut", projection, shortcut)
    return wiring.sum(f"{name}_add", (branch, shortcut))


class _CellWiring:
    """Adds the operations of a cell that the output depends on, and no other.

    The value of a node is represented by the terms of its sum. A skipped node therefore adds its
    terms to the sum of the next one, and sums in another order are the same sum.
    """

    def __init__(self, wiring: Wiring, name: str, cell: Nasbench201Cell, source: int) -> None:
        self._wiring = wiring
        self._name = name
        self._cell = cell
        self._source = source
        self._terms: dict[int, Sequence[int]] = {INPUT: (source,)}

    def append(self) -> int:
        """Returns the node of the cell's output."""
        terms = self._terms_of(OUTPUT)
        if not terms:
            return self._wiring.add(f"{self._name}_zeros", Zeros(), self._source)
        return self._sum(OUTPUT, terms)

    def _terms_of(self, node: int) -> Sequence[int]:
        if node not in self._terms:
            edges = self._cell.edges_to(node)
            self._terms[node] = [term for each in edges for term in self._terms_along(*each)]
        return self._terms[node]

    def _terms_along(self, edge: Edge, name: OperationName) -> Sequence[int]:
        if name == "none":
            return ()
        source = edge[0]
        terms = self._terms_of(source)
        if name == "skip_connect" or not terms:
            return terms
        operation = _operation(name, self._wiring.shape(self._source)[2])
        label = f"{self._name}_edge_{source}_{edge[1]}"
        return (self._wiring.add(label, operation, self._sum(source, terms)),)

    def _sum(self, node: int, terms: Sequence[int]) -> int:
        return self._wiring.sum(f"{self._name}_node_{node}", terms)


def _operation(name: OperationName, filters: int) -> Operation:
    match name:
        case "nor_conv_1x1":
            return Convolve(filters, 1)
        case "nor_conv_3x3":
            return Convolve(filters, 3)
        case "avg_pool_3x3":
            return Pool("avg", (3, 3))
        case "none" | "skip_connect":
            raise ValueError(f"{name} is no operation")
        case _:
            assert_never(name)
