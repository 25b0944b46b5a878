"""The body of a network of DARTS: normal cells, with two reduction cells between them."""

from collections.abc import Sequence
from typing import assert_never

from kubenas.spaces.cell.darts.cell import DartsCell, DartsCells, NodeInput, OperationName
from kubenas.spaces.cell.operations import (
    KEPT,
    Concatenate,
    Convolve,
    FactorizedReduce,
    Operation,
    Pool,
    Separable,
)
from kubenas.spaces.cell.reduction import append_stem
from kubenas.spaces.cell.wiring import Wiring
from kubenas.spaces.convolution.strides import block_strides
from kubenas.spaces.shapes import Pair

_STAGES = 3
_STEM_FACTOR = 3
"""Ratio of the stem's filters to those of the first cell, as in the published code."""
_DILATION = 2


def append_body(wiring: Wiring, cells: DartsCells, *, count: int, filters: int) -> None:
    """Adds the stem and all cells.

    Args:
        wiring: receives the operations.
        cells: the normal and the reduction cell.
        count: number of normal cells before, between and after the reduction cells, which are thus
            at 1/3 and 2/3 of the depth.
        filters: channels of each node of the first cell; a reduction cell doubles them.
    """
    before = last = append_stem(wiring, _STEM_FACTOR * filters)
    for stage in range(1, _STAGES + 1):
        if stage > 1:
            filters *= 2
            strides = block_strides(wiring.shape(last), 2)
            reduction = _CellWiring(wiring, f"reduction_{stage - 1}", filters, strides)
            before, last = last, reduction.append(cells.reduction, before, last)
        for number in range(1, count + 1):
            normal = _CellWiring(wiring, f"stage_{stage}_cell_{number}", filters, KEPT)
            before, last = last, normal.append(cells.normal, before, last)


class _CellWiring:
    """Adds the operations of a cell.

    The value of a node is represented by the terms of its sum, as in the cells of NAS-Bench-201.
    """

    def __init__(self, wiring: Wiring, name: str, filters: int, strides: Pair) -> None:
        self._wiring = wiring
        self._name = name
        self._filters = filters
        self._strides = strides

    def append(self, cell: DartsCell, before: int, last: int) -> int:
        """Returns the node of the cell's output.

        Args:
            cell: the cell.
            before: node of the output of the cell before the last.
            last: node of the output of the last cell.
        """
        values: list[Sequence[int]] = [[node] for node in self._append_inputs(before, last)]
        inputs = len(values)
        for node in cell:
            terms = [self._terms_along(values, len(values), each) for each in node]
            values.append([*terms[0], *terms[1]])
        nodes = [self._sum(node, values[node]) for node in range(inputs, len(values))]
        if len(nodes) == 1:
            return nodes[0]
        return self._wiring.add(f"{self._name}_concat", Concatenate(), *nodes)

    def _append_inputs(self, before: int, last: int) -> tuple[int, int]:
        """Adds operations that give both inputs the cell's filters and the same sides."""
        same = self._wiring.shape(before)[:2] == self._wiring.shape(last)[:2]
        pointwise = Convolve(self._filters, 1)
        first = pointwise if same else FactorizedReduce(self._filters)
        return (
            self._wiring.add(f"{self._name}_input_0", first, before),
            self._wiring.add(f"{self._name}_input_1", pointwise, last),
        )

    def _terms_along(
        self, values: Sequence[Sequence[int]], target: int, given: NodeInput
    ) -> Sequence[int]:
        source, name = given
        strides = self._strides if source < 2 else KEPT
        operations = _operations(name, self._filters, strides)
        if not operations:
            return values[source]
        node = self._sum(source, values[source])
        for number, operation in enumerate(operations, start=1):
            label = f"{self._name}_edge_{source}_{target}_{number}"
            node = self._wiring.add(label, operation, node)
        return (node,)

    def _sum(self, node: int, terms: Sequence[int]) -> int:
        return self._wiring.sum(f"{self._name}_node_{node}", terms)


def _operations(name: OperationName, filters: int, strides: Pair) -> tuple[Operation, ...]:
    """Returns consecutive operations; none for the identity."""
    match name:
        case "sep_conv_3x3" | "sep_conv_5x5":
            kernel = 3 if name == "sep_conv_3x3" else 5
            return Separable(filters, kernel, strides=strides), Separable(filters, kernel)
        case "dil_conv_3x3" | "dil_conv_5x5":
            kernel = 3 if name == "dil_conv_3x3" else 5
            return (Separable(filters, kernel, _DILATION, strides),)
        case "max_pool_3x3":
            return (Pool("max", (3, 3), strides),)
        case "avg_pool_3x3":
            return (Pool("avg", (3, 3), strides),)
        case "skip_connect":
            return () if strides == KEPT else (FactorizedReduce(filters),)
        case _:
            assert_never(name)
