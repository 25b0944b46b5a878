"""Graphs of the tables' networks for kubenas."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from searching.tables import cells

if TYPE_CHECKING:
    from kubenas.spaces.graph import Graph


def cell_graph(values: Mapping[str, Any], parameters: float) -> "Graph":
    """Returns the graph of a NAS-Bench-201 cell."""
    from kubenas.spaces.graph import Graph

    labels, edges = cells.live_graph(values)
    return Graph(labels, edges, parameters=parameters)


def chain_graph(labels: Iterable[str], parameters: float | None) -> "Graph":
    """Returns the graph of a sequence of layers."""
    from kubenas.spaces.graph import Graph

    return Graph.chain(labels, parameters=parameters)
