"""The cell of NAS-Bench-201 and the hyperparameters that describe it (Dong and Yang, ICLR 2020).

A cell has four nodes. Node 0 is its input and node 3 its output. Each of the six edges applies an
operation to the value of its source. The value of a node is the sum of its edges.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

OperationName: TypeAlias = Literal[
    "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"
]
OPERATIONS: tuple[OperationName, ...] = get_args(OperationName)
Edge: TypeAlias = tuple[int, int]
"""Source and target."""
EDGES: tuple[Edge, ...] = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Edges in the order of the published architecture strings."""
INPUT, OUTPUT = 0, 3
"""Nodes of the cell's input and output."""


@dataclass(frozen=True)
class Nasbench201Cell:
    """The operation of each edge."""

    operations: tuple[OperationName, ...]
    """In the order of :data:`EDGES`."""

    def edges_to(self, node: int) -> tuple[tuple[Edge, OperationName], ...]:
        """Returns the edges to ``node`` with their operations."""
        pairs = zip(EDGES, self.operations, strict=True)
        return tuple((edge, operation) for edge, operation in pairs if edge[1] == node)


def edge_name(edge: Edge) -> str:
    """Returns the name of the hyperparameter for the operation of ``edge``, as "edge_0_1"."""
    return f"edge_{edge[0]}_{edge[1]}"


def cell_of(values: Mapping[str, Any]) -> Nasbench201Cell:
    """Returns the cell that hyperparameters describe.

    Args:
        values: at least the operations of all edges, by name.
    """
    return Nasbench201Cell(tuple(values[edge_name(edge)] for edge in EDGES))
