"""Images brought to the shape and type of their data set."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from kubenas.data.example_source import Image


def conform(image: Image, shape: tuple[int, int, int], dtype: str) -> Image:
    """``image`` as ``shape`` (height, width, channels) and ``dtype``; grey may become RGB."""
    image = image.astype(dtype, copy=False)
    if image.shape[:2] != shape[:2]:
        image = resize(image, shape[:2])
    if image.shape[2] != shape[2]:
        image = np.repeat(image, shape[2], axis=2)
    return image


def resize(image: Image, size: tuple[int, int]) -> Image:
    """Bilinear, antialiased where it shrinks. ``image`` is uint8 or float32; size (h, w).

    Channel by channel: Pillow would weigh the others by a fourth, as if it were alpha.
    """
    height, width = size
    channels = [
        _resize_channel(image[:, :, channel], (width, height)) for channel in range(image.shape[2])
    ]
    return np.stack(channels, axis=2)


def _resize_channel(channel: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    picture = Picture.fromarray(np.ascontiguousarray(channel))
    return np.asarray(picture.resize(size, Picture.Resampling.BILINEAR))
