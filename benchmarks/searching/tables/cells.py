"""NAS-Bench-201's cell: six edges between four nodes, each with an operation."""

from collections.abc import Iterator, Mapping
from typing import Any

from searching.tables.space import Decision

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
_INPUT, _OUTPUT = 0, 3


def decisions() -> tuple[Decision, ...]:
    """Returns one decision per edge, in the order of the architecture string."""
    return tuple(Decision(name(edge), OPERATIONS) for edge in EDGES)


def name(edge: tuple[int, int]) -> str:
    """Returns the name of an edge, such as ``0->1``."""
    return f"{edge[0]}->{edge[1]}"


def live_graph(values: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """Returns the labels and edges of a cell's graph, without operations that have no effect.

    Operations are the nodes, and their inputs are summed. Skips are resolved. Operations on no
    path from input to output are removed. A value that is summed twice has two edges.
    """
    sources = _sources(values)
    needed = sorted(_reached(sources[_OUTPUT], sources), key=EDGES.index)
    number = {edge: i + 1 for i, edge in enumerate(needed)}
    number[_IDENTITY] = 0
    end = len(needed) + 1
    fed = [(source, number[edge]) for edge in needed for source in sources[edge[0]]]
    fed += [(source, end) for source in sources[_OUTPUT]]
    labels = ("input", *(str(values[name(edge)]) for edge in needed), "output")
    return labels, tuple(sorted((number[source], target) for source, target in fed))


_IDENTITY = (-1, _INPUT)
"""The cell's input, represented as an edge to node 0."""


def _sources(values: Mapping[str, Any]) -> dict[int, list[tuple[int, int]]]:
    """Returns the operations whose outputs each node sums, with skips resolved."""
    sources: dict[int, list[tuple[int, int]]] = {_INPUT: [_IDENTITY], 1: [], 2: [], _OUTPUT: []}
    for edge in EDGES:
        start, end = edge
        operation = values[name(edge)]
        if operation == "skip_connect":
            sources[end] += sources[start]
        elif operation != "none" and sources[start]:
            sources[end].append(edge)
    return sources


def _reached(
    outputs: list[tuple[int, int]], sources: dict[int, list[tuple[int, int]]]
) -> Iterator[tuple[int, int]]:
    """Yields each operation that ``outputs`` depend on, once."""
    waiting, seen = list(outputs), {_IDENTITY}
    while waiting:
        edge = waiting.pop()
        if edge not in seen:
            seen.add(edge)
            yield edge
            waiting += sources[edge[0]]
