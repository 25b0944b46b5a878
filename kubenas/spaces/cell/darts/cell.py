"""The cells of DARTS and the hyperparameters that describe them (Liu et al., ICLR 2019).

Nodes 0 and 1 are the outputs of the two cells before. Each further node is the sum of two
operations on two different earlier nodes. The output has the channels of all further nodes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, TypeAlias, get_args

OperationName: TypeAlias = Literal[
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
]
OPERATIONS: tuple[OperationName, ...] = get_args(OperationName)
INPUTS = 2
"""Number of inputs of a cell, and of each of its nodes."""
CELLS = ("normal", "reduction")
"""Prefixes of the hyperparameters of both cells."""

NodeInput: TypeAlias = tuple[int, OperationName]
"""An earlier node and the operation on it."""
DartsNode: TypeAlias = tuple[NodeInput, NodeInput]
DartsCell: TypeAlias = tuple[DartsNode, ...]
"""The nodes of a cell, beginning with node 2."""


@dataclass(frozen=True)
class DartsCells:
    """The two cells of a network."""

    normal: DartsCell
    reduction: DartsCell


def node_names(cell: str, nodes: int) -> Iterator[tuple[str, int]]:
    """Yields the prefix of the hyperparameters of each node of a cell, and its number."""
    for node in range(INPUTS, INPUTS + nodes):
        yield f"{cell}/node_{node}", node


def input_pairs(node: int) -> list[str]:
    """Returns the pairs of different nodes before ``node``, such as "0 1".

    One choice of a pair instead of two choices of a node: no pair is possible twice, in another
    order, nor with the same node twice.
    """
    return [f"{first} {second}" for first, second in combinations(range(node), INPUTS)]


def cells_of(values: Mapping[str, Any], nodes: int) -> DartsCells:
    """Returns the cells that hyperparameters describe.

    Args:
        values: at least the hyperparameters of both cells, by name.
        nodes: number of nodes of a cell, without its inputs.
    """
    normal, reduction = (_cell(values, cell, nodes) for cell in CELLS)
    return DartsCells(normal, reduction)


def _cell(values: Mapping[str, Any], cell: str, nodes: int) -> DartsCell:
    return tuple(_node(values, name, node) for name, node in node_names(cell, nodes))


def _node(values: Mapping[str, Any], name: str, node: int) -> DartsNode:
    # The first node has no choice, because there are only two earlier ones.
    pair = values[f"{name}/inputs"] if node > INPUTS else input_pairs(node)[0]
    first, second = (int(source) for source in pair.split())
    return (first, values[f"{name}/operation_1"]), (second, values[f"{name}/operation_2"])
