"""Images brought to the shape and type of their data set."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage

from kubenas.data.source import Image


def convert_image(image: Image, shape: tuple[int, int, int], dtype: str) -> Image:
    """``image`` as ``shape`` (height, width, channels) and ``dtype``; grey may become RGB."""
    image = image.astype(dtype, copy=False)
    if image.shape[:2] != shape[:2]:
        image = resize(image, shape[:2])
    if image.shape[2] != shape[2]:
        image = np.repeat(image, shape[2], axis=2)
    return image


def resize(image: Image, size: tuple[int, int]) -> Image:
    """Bilinear, antialiased where it shrinks. ``image`` is uint8 or float32; size (h, w)."""
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return _resized(image, size)
    # One by one: Pillow has no float pictures of many channels, and would take a fourth for alpha.
    channels = [_resized(image[:, :, channel], size) for channel in range(image.shape[2])]
    return np.stack(channels, axis=2)


def _resized(pixels: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    height, width = size
    picture = PilImage.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize((width, height), PilImage.Resampling.BILINEAR))
