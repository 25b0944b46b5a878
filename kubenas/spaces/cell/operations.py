"""The operations of a network of the space ``cell``, with their output shapes. Imports no Keras.

Padding is always 'same', so that every operation is valid for every map.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from kubenas.spaces.shapes import Map, Pair, output_sides

KEPT: Pair = (1, 1)
"""Strides that keep the sides of a map."""
_HALVED: Pair = (2, 2)


@dataclass(frozen=True)
class Image:
    """The input of the network."""

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the image."""
        return shapes[0]


@dataclass(frozen=True)
class Convolve:
    """ReLU if ``activated``, a convolution without bias, batch normalisation if ``normalised``."""

    filters: int
    kernel: int
    strides: Pair = KEPT
    activated: bool = True
    normalised: bool = True

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the output for an input of the only shape."""
        return (*output_sides(shapes[0], self.strides), self.filters)


@dataclass(frozen=True)
class Separable:
    """ReLU, a depthwise and a pointwise convolution without bias, batch normalisation."""

    filters: int
    kernel: int
    dilation: int = 1
    strides: Pair = KEPT

    @property
    def depthwise_strides(self) -> Pair:
        """Strides of the depthwise convolution. A dilated one has none in Keras."""
        return self.strides if self.dilation == 1 else KEPT

    @property
    def pointwise_strides(self) -> Pair:
        """Strides of the pointwise convolution, which then skips what nobody needs."""
        return KEPT if self.dilation == 1 else self.strides

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the output for an input of the only shape."""
        return (*output_sides(shapes[0], self.strides), self.filters)


@dataclass(frozen=True)
class FactorizedReduce:
    """ReLU, two pointwise convolutions with stride 2, concatenated, and batch normalisation.

    The second convolution takes the map moved by one pixel, so that both together use pixels of
    each row and column (DARTS, Liu et al., ICLR 2019).
    """

    filters: int

    @property
    def halves(self) -> tuple[int, int]:
        """Filters of both convolutions."""
        return self.filters - self.filters // 2, self.filters // 2

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the output for an input of the only shape."""
        return (*output_sides(shapes[0], _HALVED), self.filters)


@dataclass(frozen=True)
class Pool:
    """Pooling of windows; the average leaves out the padding."""

    kind: Literal["max", "avg"]
    size: Pair
    strides: Pair = KEPT

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the output for an input of the only shape."""
        return (*output_sides(shapes[0], self.strides), shapes[0][2])


@dataclass(frozen=True)
class Sum:
    """The sum of its inputs."""

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of each input."""
        return shapes[0]


@dataclass(frozen=True)
class Zeros:
    """Zeros in the shape of its input, which has no effect."""

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the only input."""
        return shapes[0]


@dataclass(frozen=True)
class Concatenate:
    """The channels of all inputs."""

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the output for inputs with the same sides."""
        return (*shapes[0][:2], sum(shape[2] for shape in shapes))


@dataclass(frozen=True)
class NormActivation:
    """Batch normalisation and ReLU."""

    def output(self, *shapes: Map) -> Map:
        """Returns the shape of the only input."""
        return shapes[0]


Operation: TypeAlias = (
    Image
    | Convolve
    | Separable
    | FactorizedReduce
    | Pool
    | Sum
    | Zeros
    | Concatenate
    | NormActivation
)
