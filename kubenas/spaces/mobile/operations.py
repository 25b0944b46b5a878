"""The operations of a network of the space ``mobile``, with their sizes. Imports no Keras.

Every shape is valid by construction: padding is always 'same', and a map is halved only while its
sides stay at least 4 pixels long. The largest total stride is 32: that of the stem and of 4 stages.
"""

from collections.abc import Iterator

from kubenas.spaces.convolution.body import Block, Body
from kubenas.spaces.convolution.operations import Convolve, Operation, Resize, output_of
from kubenas.spaces.convolution.strides import SHORTEST_HALVED_SIDE, block_strides
from kubenas.spaces.mobile.network import BlockKind, Network, Stage
from kubenas.spaces.shapes import Map, Pair

SHORTEST_SCALED_SIDE = 32
"""Sides are not scaled to less than this, and shorter ones are not scaled, in pixels."""
_STEM_KERNEL = 3
_HEAD_RATIO = 4
"""Ratio of the last convolution's filters to those of the last stage."""


def build_body(network: Network, input_shape: Map) -> Body:
    """Returns the body of ``network`` for images of ``input_shape``."""
    stem = tuple(_stem(network, input_shape))
    shape = output_of(stem, input_shape)
    total = sum(len(stage.kinds) for stage in network.stages)
    blocks: list[Block] = []
    for number, stage in enumerate(network.stages, start=1):
        for position in range(1, len(stage.kinds) + 1):
            # The rate grows linearly with depth, as in Huang et al., ECCV 2016.
            rate = network.drop_path * (len(blocks) + 1) / total
            blocks.append(_block(stage, number, position, shape, rate))
            shape = output_of(blocks[-1].branch, shape)
    filters = _HEAD_RATIO * shape[2]
    head = Convolve("head", "conv", filters, 1, (1, 1), activated=True)
    return Body(stem, tuple(blocks), (head,))


def scaled_sides(shape: Map, scale: float) -> Pair:
    """Returns height and width of the images that the network sees, for images of ``shape``."""
    height, width = (
        max(min(side, SHORTEST_SCALED_SIDE), int(side * scale + 0.5)) for side in shape[:2]
    )
    return height, width


def _stem(network: Network, shape: Map) -> Iterator[Operation]:
    sides = scaled_sides(shape, network.image_scale)
    if sides != shape[:2]:
        yield Resize("resize", sides)
    height, width = (2 if side >= SHORTEST_HALVED_SIDE else 1 for side in sides)
    yield Convolve("stem", "conv", network.stem, _STEM_KERNEL, (height, width), activated=True)


def _block(stage: Stage, number: int, position: int, shape: Map, rate: float) -> Block:
    """Returns block ``position`` of stage ``number``, both counted from 1."""
    name = f"stage_{number}_block_{position}"
    strides = block_strides(shape, 2 if position == 1 else 1)
    same_shape = strides == (1, 1) and shape[2] == stage.filters
    kind = stage.kinds[position - 1]
    branch = _fused if kind == "fused" else _universal
    return Block(
        name,
        branch=tuple(branch(stage, kind, name, shape[2], strides)),
        shortcut="identity" if same_shape else None,
        drop_rate=rate if same_shape else 0.0,
        activated=False,  # linear bottlenecks, Sandler et al., CVPR 2018
    )


def _fused(
    stage: Stage, kind: BlockKind, name: str, channels: int, strides: Pair
) -> Iterator[Operation]:
    del kind
    wide = channels * stage.expansion
    yield Convolve(f"{name}_expand", "conv", wide, stage.kernel, strides, activated=True)
    yield Convolve(f"{name}_project", "conv", stage.filters, 1, (1, 1), activated=False)


def _universal(
    stage: Stage, kind: BlockKind, name: str, channels: int, strides: Pair
) -> Iterator[Operation]:
    """Yields a universal inverted bottleneck. Its last depthwise convolution has the strides."""
    wide, kernel = channels * stage.expansion, stage.kernel
    between = kind in {"inverted", "extra_depthwise"}
    if kind in {"convnext", "extra_depthwise"}:
        first = (1, 1) if between else strides
        yield Convolve(f"{name}_before", "depthwise", channels, kernel, first, activated=False)
    yield Convolve(f"{name}_expand", "conv", wide, 1, (1, 1), activated=True)
    if between:
        yield Convolve(f"{name}_depthwise", "depthwise", wide, kernel, strides, activated=True)
    yield Convolve(f"{name}_project", "conv", stage.filters, 1, (1, 1), activated=False)
