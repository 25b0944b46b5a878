"""Sizes among which a space chooses, such as numbers of filters."""

from collections.abc import Sequence


def doubled_sizes(smallest: int, largest: int) -> list[int]:
    """Returns ``smallest``, doubled repeatedly while below ``largest``, and ``largest``."""
    sizes = []
    size = smallest
    while size < largest:
        sizes.append(size)
        size *= 2
    return [*sizes, largest]


def at_most(wanted: int, sizes: Sequence[int]) -> int:
    """Returns the largest of ``sizes`` that does not exceed ``wanted``."""
    return max(size for size in sizes if size <= wanted)
