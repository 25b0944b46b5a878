"""Strides that keep small feature maps. Imports no Keras."""

from kubenas.spaces.shapes import Map, Pair

SHORTEST_HALVED_SIDE = 8
"""Maps with a shorter side than this are not halved, in pixels."""


def block_strides(shape: Map, stride: int) -> Pair:
    """Returns the strides of a block for an input of ``shape``: ``stride``, or 1 for a small map.

    Both sides have the same, as TensorFlow's depthwise convolution needs it.
    """
    step = stride if min(shape[:2]) >= SHORTEST_HALVED_SIDE else 1
    return step, step
