"""The stem of networks of the space ``cell``, which reduces large images."""

from kubenas.spaces.cell.operations import Convolve, Pool
from kubenas.spaces.cell.wiring import Wiring
from kubenas.spaces.shapes import first_strides, shortening_pools

LONGEST_SIDE = 32
"""Largest height and width of the stem's output, in pixels."""
_IMAGE = 0
_KERNEL = 3


def append_stem(wiring: Wiring, filters: int) -> int:
    """Adds a convolution, and poolings if the image is large. Returns the last node."""
    shape = wiring.shape(_IMAGE)
    strides = first_strides(shape[:2], LONGEST_SIDE)
    kernel = max(_KERNEL, *strides)  # with a smaller one pixels would be skipped
    node = wiring.add("stem", Convolve(filters, kernel, strides, activated=False), _IMAGE)
    sizes = shortening_pools(wiring.shape(node), LONGEST_SIDE)
    for number, size in enumerate(sizes, start=1):
        node = wiring.add(f"stem_pool_{number}", Pool("max", size, size), node)
    return node
