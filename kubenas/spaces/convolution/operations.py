"""Operations on feature maps, with their output shapes. Imports no Keras."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kubenas.spaces.shapes import Map, Pair, output_sides


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


@dataclass(frozen=True)
class Resize:
    """Bilinear interpolation of the map to ``sides``."""

    name: str
    sides: Pair

    def output(self, shape: Map) -> Map:
        """Returns the shape of the output for an input of ``shape``."""
        return (*self.sides, shape[2])


Operation: TypeAlias = Convolve | Pool | SqueezeExcite | Resize


def output_of(operations: Iterable[Operation], shape: Map) -> Map:
    """Returns the shape of the output of consecutive operations for an input of ``shape``."""
    for operation in operations:
        shape = operation.output(shape)
    return shape
