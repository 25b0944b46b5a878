"""The published strings of NAS-Bench-201's cells, and the hyperparameters that they stand for.

Such a string lists the incoming edges of the nodes 1 to 3, each edge with its operation and source:
``|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|``.
"""

import re
from collections.abc import Mapping
from typing import Any

from kubenas.spaces.cell.nasbench201.cell import EDGES, OPERATIONS, OUTPUT, cell_of, edge_name

_EDGE = rf"({'|'.join(OPERATIONS)})~"
_NODES = (
    r"\|" + "".join(rf"{_EDGE}{source}\|" for source in range(node))
    for node in range(1, OUTPUT + 1)
)
_ARCHITECTURE = re.compile(r"\+".join(_NODES))


def values_of_architecture(architecture: str) -> dict[str, str]:
    """Returns the operation of each edge, by the name of its hyperparameter.

    Raises:
        ValueError: ``architecture`` is not a string of a cell with six edges.
    """
    match = _ARCHITECTURE.fullmatch(architecture)
    if match is None:
        raise ValueError(f"not an architecture of NAS-Bench-201: {architecture!r}")
    return {edge_name(edge): name for edge, name in zip(EDGES, match.groups(), strict=True)}


def architecture_of_values(values: Mapping[str, Any]) -> str:
    """Returns the published string of the cell that hyperparameters describe.

    Args:
        values: at least the operations of all edges, by name.
    """
    cell = cell_of(values)
    nodes = (cell.edges_to(node) for node in range(1, OUTPUT + 1))
    return "+".join(
        "|" + "".join(f"{name}~{source}|" for (source, _), name in edges) for edges in nodes
    )
