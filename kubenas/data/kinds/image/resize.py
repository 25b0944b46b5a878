"""Conversion of images to the shape and dtype of their data set."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage

from kubenas.data.source import Image


def convert_image(image: Image, shape: tuple[int, int, int], dtype: str) -> Image:
    """Converts ``image`` to ``shape`` (height, width, channels) and ``dtype``.

    A greyscale image is repeated over the channels of an RGB shape.
    """
    image = image.astype(dtype, copy=False)
    if image.shape[:2] != shape[:2]:
        image = resize(image, shape[:2])
    if image.shape[2] != shape[2]:
        image = np.repeat(image, shape[2], axis=2)
    return image


def resize(image: Image, size: tuple[int, int]) -> Image:
    """Resizes a uint8 or float32 image to ``size`` (height, width).

    Uses bilinear interpolation, with antialiasing for smaller sizes.
    """
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return _resize_pixels(image, size)
    # Pillow supports no float images with several channels, and treats a fourth one as alpha.
    channels = [_resize_pixels(image[:, :, channel], size) for channel in range(image.shape[2])]
    return np.stack(channels, axis=2)


def _resize_pixels(pixels: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    height, width = size
    image = PilImage.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((width, height), PilImage.Resampling.BILINEAR))
