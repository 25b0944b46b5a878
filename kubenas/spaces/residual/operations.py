"""The operations of a network of the space ``residual``, with their sizes. Imports no Keras.

Every shape is valid by construction: padding is always 'same', the stem shortens large pictures,
and a stage halves a map only while both sides stay at least 4 pixels long.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kubenas.spaces.residual.network import BOTTLENECKS, Network, Stage
from kubenas.spaces.shapes import Map, Pair, first_strides, output_sides, shortening_pools

LONGEST_SIDE = 32
"""Largest height and width of the stem's output, in pixels."""
SHORTEST_HALVED_SIDE = 8
"""Maps with a shorter side than this are not halved, in pixels."""
_STEM_KERNEL = 3
_SQUEEZE = 4
"""Ratio of a stage's filters to the units of its squeeze-and-excitation."""
_LEAST_SQUEEZED = 4


@dataclass(frozen=True)
class Convolve:
    """A convolution without bias, batch normalisation, and an activation if ``activated``."""

    name: str
    kind: Literal["conv", "depthwise", "separable"]
    filters: int
    kernel: int
    strides: Pair
    activated: bool

    def output(self, shape: Map) -> Map:
        """Returns the shape of the output for an input of ``shape``."""
        return (*output_sides(shape, self.strides), self.filters)


@dataclass(frozen=True)
class Pool:
    """Max pooling whose windows do not overlap."""

    name: str
    size: Pair

    def output(self, shape: Map) -> Map:
        """Returns the shape of the output for an input of ``shape``."""
        return (*output_sides(shape, self.size), shape[2])


@dataclass(frozen=True)
class SqueezeExcite:
    """Scales channels by a network of their means (Hu et al., CVPR 2018)."""

    name: str
    units: int

    def output(self, shape: Map) -> Map:
        """Returns ``shape``."""
        return shape


Operation: TypeAlias = Convolve | Pool | SqueezeExcite


@dataclass(frozen=True)
class Block:
    """The sum of a branch and a shortcut, with an activation if ``activated``."""

    name: str
    branch: tuple[Operation, ...]
    shortcut: Convolve | None
    """None: the identity."""
    drop_rate: float
    """Probability that training drops the branch (stochastic depth)."""
    activated: bool


@dataclass(frozen=True)
class Body:
    """The part of a network that computes maps."""

    stem: tuple[Operation, ...]
    blocks: tuple[Block, ...]


def output_of(operations: Iterable[Operation], shape: Map) -> Map:
    """Returns the shape of the output of consecutive operations for an input of ``shape``."""
    for operation in operations:
        shape = operation.output(shape)
    return shape


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
    # TensorFlow's depthwise convolution has one stride for both sides.
    step = stride if min(shape[:2]) >= SHORTEST_HALVED_SIDE else 1
    strides = (step, step)
    same_shape = step == 1 and shape[2] == stage.filters
    projection = Convolve(f"{name}_shortcut", "conv", stage.filters, 1, strides, activated=False)
    is_bottleneck = stage.kind in BOTTLENECKS
    branch = _bottleneck if is_bottleneck else _two_convolutions
    return Block(
        name,
        branch=tuple(branch(stage, name, shape[2], strides)),
        shortcut=None if same_shape else projection,
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
