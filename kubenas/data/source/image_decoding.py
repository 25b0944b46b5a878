"""Functions that read the header or the pixels of an image file."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from PIL import ImageOps
from PIL.ImageFile import ImageFile

from kubenas.data.source.example_source import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
IMAGE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
)
"""Errors that Pillow raises for a damaged file and for a file that is not an image."""

MAX_PIXELS = 1 << 26
"""Largest number of pixels of an image, 8192 x 8192: protects against decompression bombs."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
_GREY_MODES = {"1", "L", "LA", "La"}
_GREY_16_BIT_MODES = {"I", "I;16", "I;16B", "I;16L", "I;16N"}
_ROTATED_ORIENTATIONS = range(5, 9)
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class ImageHeader:
    """The properties of an image that are known without decoding its pixels."""

    height: int
    width: int
    colour: bool
    alpha: bool
    is_16_bit: bool
    """Whether the image has 16 bits per channel."""


class ImageTooLarge(Exception):
    """The image has more than ``MAX_PIXELS`` pixels."""


def read_header(stream: IO[bytes]) -> ImageHeader:
    """Returns the header of an image. The size takes the EXIF orientation into account.

    Raises:
        IMAGE_ERRORS: The file is not an image of a supported format.
        ImageTooLarge: The image has more than ``MAX_PIXELS`` pixels.
    """
    with _open_image(stream) as image:
        width, height = image.size
        if "exif" in image.info and image.getexif().get(_ORIENTATION_TAG) in _ROTATED_ORIENTATIONS:
            height, width = width, height
        return ImageHeader(
            height=height,
            width=width,
            colour=_is_colour(image),
            alpha=image.has_transparency_data,
            is_16_bit=_is_16_bit(image),
        )


def read_pixels(stream: IO[bytes]) -> Image:
    """Returns the pixels of an image, without alpha and rotated by its EXIF orientation.

    The result has one channel if all pixels are grey, else the three channels of RGB. The dtype is
    uint8, or float32 with the original values for a grey image of 16 bits. Of an animation only
    the first frame is read.

    Raises:
        IMAGE_ERRORS: The file is damaged, or not an image of a supported format.
        ImageTooLarge: The image has more than ``MAX_PIXELS`` pixels.
    """
    with _open_image(stream) as opened:
        upright = ImageOps.exif_transpose(opened) if "exif" in opened.info else opened
        if upright.mode in _GREY_16_BIT_MODES:
            return np.asarray(upright).astype(np.float32)[:, :, np.newaxis]
        if upright.mode in _GREY_MODES:
            return np.asarray(upright.convert("L"))[:, :, np.newaxis]
        pixels = np.asarray(upright if upright.mode == "RGB" else upright.convert("RGB"))
    return pixels[:, :, :1] if _all_grey(pixels) else pixels


@contextmanager
def _open_image(stream: IO[bytes]) -> Iterator[ImageFile]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PilImage.DecompressionBombWarning)
        try:
            image = PilImage.open(stream, formats=_FORMATS)
        except (PilImage.DecompressionBombError, PilImage.DecompressionBombWarning) as error:
            raise ImageTooLarge from error
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise ImageTooLarge
        yield image


def _is_16_bit(image: ImageFile) -> bool:
    # Pillow reads only the upper 8 bits of images with colours or alpha and gives them a mode of
    # 8 bits. Only the layout of the file shows the 16 bits.
    layouts = {str(tile.args) for tile in image.tile}
    return image.mode in _GREY_16_BIT_MODES or any(";16" in layout for layout in layouts)


def _is_colour(image: PilImage.Image) -> bool:
    if image.mode == "P":
        palette = np.asarray(image.getpalette("RGB") or [], np.uint8).reshape(1, -1, 3)
        return not _all_grey(palette)
    return image.mode not in _GREY_MODES | _GREY_16_BIT_MODES


def _all_grey(pixels: npt.NDArray[Any]) -> bool:
    return bool(
        np.array_equal(pixels[..., 0], pixels[..., 1])
        and np.array_equal(pixels[..., 0], pixels[..., 2])
    )
