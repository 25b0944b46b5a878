"""The operations of a network of the space ``residual``, with their sizes. Imports no Keras.

Every shape is valid by construction: padding is always 'same', the stem shortens large pictures,
and a stage halves a map only while both sides stay at least 4 pixels long.
"""

from collections.abc import Iterator
from typing import Literal

from kubenas.spaces.convolution.body import Block, Body
from kubenas.spaces.convolution.operations import (
    Convolve,
    Operation,
    Pool,
    SqueezeExcite,
    output_of,
)
from kubenas.spaces.convolution.strides import block_strides
from kubenas.spaces.residual.network import BOTTLENECKS, Network, Stage
from kubenas.spaces.shapes import Map, Pair, first_strides, shortening_pools

LONGEST_SIDE = 32
"""Largest height and width of the stem's output, in pixels."""
_STEM_KERNEL = 3
_SQUEEZE = 4
"""Ratio of a stage's filters to the units of its squeeze-and-excitation."""
_LEAST_SQUEEZED = 4


def build_body(network: Network, input_shape: Map) -> Body:
    """Returns the body of ``network`` for pictures of ``input_shape``."""
    stem = tuple(_stem(network.stem, input_shape))
    shape = output_of(stem, input_shape)
    total = sum(stage.blocks for stage in network.stages)
    blocks: list[Block] = []
    for number, stage in enumerate(network.stages, start=1):
        for position in range(1, stage.blocks + 1):
            # The rate grows linearly with depth, as in Huang et al., ECCV 2016.
            rate = network.drop_path * (len(blocks) + 1) / total
            stride = stage.stride if position == 1 else 1
            name = f"stage_{number}_block_{position}"
            blocks.append(_block(stage, name, shape, stride, rate))
            shape = output_of(blocks[-1].branch, shape)
    return Body(stem, tuple(blocks))


def _stem(filters: int, shape: Map) -> Iterator[Operation]:
    strides = first_strides(shape[:2], LONGEST_SIDE)
    kernel = max(_STEM_KERNEL, *strides)  # with a smaller one pixels would be skipped
    stem = Convolve("stem", "conv", filters, kernel, strides, activated=True)
    yield stem
    sizes = shortening_pools(stem.output(shape), LONGEST_SIDE)
    for number, size in enumerate(sizes, start=1):
        yield Pool(f"stem_pool_{number}", size)


def _block(stage: Stage, name: str, shape: Map, stride: int, rate: float) -> Block:
    strides = block_strides(shape, stride)
    same_shape = strides == (1, 1) and shape[2] == stage.filters
    projection = Convolve(f"{name}_shortcut", "conv", stage.filters, 1, strides, activated=False)
    is_bottleneck = stage.kind in BOTTLENECKS
    branch = _bottleneck if is_bottleneck else _two_convolutions
    return Block(
        name,
        branch=tuple(branch(stage, name, shape[2], strides)),
        shortcut="identity" if same_shape else projection,
        drop_rate=rate,
        activated=not is_bottleneck,  # linear bottlenecks, Sandler et al., CVPR 2018
    )


def _two_convolutions(stage: Stage, name: str, channels: int, strides: Pair) -> Iterator[Operation]:
    del channels  # the first convolution maps any number of them to the stage's filters
    kind: Literal["separable", "conv"] = "separable" if stage.kind == "separable" else "conv"
    filters, kernel = stage.filters, stage.kernel
    yield Convolve(f"{name}_conv_1", kind, filters, kernel, strides, activated=True)
    yield Convolve(f"{name}_conv_2", kind, filters, kernel, (1, 1), activated=False)
    yield from _squeeze_excite(stage, name)


def _bottleneck(stage: Stage, name: str, channels: int, strides: Pair) -> Iterator[Operation]:
    wide, kernel = channels * stage.expansion, stage.kernel
    if stage.kind == "fused":
        yield Convolve(f"{name}_expand", "conv", wide, kernel, strides, activated=True)
    else:
        yield Convolve(f"{name}_expand", "conv", wide, 1, (1, 1), activated=True)
        yield Convolve(f"{name}_depthwise", "depthwise", wide, kernel, strides, activated=True)
    yield from _squeeze_excite(stage, name)
    yield Convolve(f"{name}_project", "conv", stage.filters, 1, (1, 1), activated=False)


def _squeeze_excite(stage: Stage, name: str) -> Iterator[Operation]:
    if stage.squeeze_excitation:
        units = max(_LEAST_SQUEEZED, stage.filters // _SQUEEZE)
        yield SqueezeExcite(f"{name}_squeeze", units)
