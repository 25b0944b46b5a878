"""An exact comparison of bodies, against which the keys of graphs are tested."""

from collections.abc import Iterator, Mapping
from itertools import permutations

from kubenas.spaces.cell.wiring import Body

Matches = Mapping[int, int]
"""Nodes of the second body by the equal nodes of the first."""


def are_isomorphic(first: Body, second: Body) -> bool:
    """Whether both bodies have the same operations on the same inputs, in any order.

    All nodes must be needed for the last one.
    """
    last = len(first) - 1, len(second) - 1
    return any(len(found) == len(first) for found in _matches(first, second, {}, *last))


def _matches(first: Body, second: Body, known: Matches, one: int, other: int) -> Iterator[Matches]:
    if one in known or other in known.values():
        if known.get(one) == other:
            yield known
        return
    inputs = first[one].inputs
    if first[one].operation != second[other].operation:
        return
    if len(inputs) != len(second[other].inputs):
        return
    for order in set(permutations(second[other].inputs)):
        yield from _all_match(
            first, second, {**known, one: other}, [*zip(inputs, order, strict=True)]
        )


def _all_match(
    first: Body, second: Body, known: Matches, pairs: list[tuple[int, int]]
) -> Iterator[Matches]:
    if not pairs:
        yield known
        return
    for found in _matches(first, second, known, *pairs[0]):
        yield from _all_match(first, second, found, pairs[1:])
