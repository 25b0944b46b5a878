"""What the tables' networks look like, in kubenas' words."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from searching.tables import cells

if TYPE_CHECKING:
    from kubenas.spaces.graph import Graph


def cell_graph(values: Mapping[str, Any], parameters: float) -> "Graph":
    """A NAS-Bench-201 cell."""
    from kubenas.spaces.graph import Graph

    labels, edges = cells.live_graph(values)
    return Graph(labels, edges, parameters=parameters)


def chain_graph(labels: Iterable[str], parameters: float | None) -> "Graph":
    """Layers that follow each other."""
    from kubenas.spaces.graph import Graph

    return Graph.chain(labels, parameters=parameters)
