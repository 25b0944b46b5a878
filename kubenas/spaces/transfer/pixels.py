"""Pixel values, as the backbone was trained on them, from normalised images. Imports no Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

PixelRange: TypeAlias = Literal["0..255", "0..1", "-1..1"]

_IMAGENET_MEAN, _IMAGENET_DEVIATION = 117.0, 58.0
"""Rounded averages over the channels of ImageNet's photographs."""
_SCALES = {"0..255": (1.0, 0.0), "0..1": (1 / 255, 0.0), "-1..1": (2 / 255, -1.0)}
"""Scale and offset of pixels from 0 to 255."""


@dataclass(frozen=True)
class PixelMoments:
    """Mean and standard deviation of each channel, of pixels from 0 to 255."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def of_photographs(cls, channels: int) -> "PixelMoments":
        """Returns those of photographs, for images whose values have another range."""
        return cls((_IMAGENET_MEAN,) * channels, (_IMAGENET_DEVIATION,) * channels)

    def rescaling(self, pixel_range: PixelRange) -> tuple[Sequence[float], Sequence[float]]:
        """Returns scale and offset of each channel that turn normalised values into pixels."""
        scale, offset = _SCALES[pixel_range]
        return (
            [scale * deviation for deviation in self.deviation],
            [scale * mean + offset for mean in self.mean],
        )
