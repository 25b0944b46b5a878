"""Shapes of feature maps with padding 'same', and the reduction of large images. No Keras."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

Map: TypeAlias = tuple[int, int, int]
"""Height, width and channels."""
Pair: TypeAlias = tuple[int, int]
"""Of height and width."""

_LARGEST_STRIDE = 4


def output_sides(shape: Map, steps: Pair) -> Pair:
    """Returns height and width of an output with strides ``steps``."""
    return _output_length(shape[0], steps[0]), _output_length(shape[1], steps[1])


def first_strides(sides: Sequence[int], longest: int) -> Pair:
    """Returns the first convolution's strides: the smallest that reach ``longest``, or 4."""
    height, width = (
        next((s for s in (1, 2) if _output_length(side, s) <= longest), _LARGEST_STRIDE)
        for side in sides
    )
    return height, width


def shortening_pools(shape: Map, longest: int) -> Iterator[Pair]:
    """Yields the sizes of poolings until no side is longer than ``longest``."""
    while max(shape[:2]) > longest:
        height, width = (2 if side > longest else 1 for side in shape[:2])
        yield height, width
        shape = (*output_sides(shape, (height, width)), shape[2])


def _output_length(side: int, step: int) -> int:
    """Returns the output length of ``side`` with stride ``step`` and padding 'same'."""
    return -(-side // step)
