"""One picture file -> what its header says, or its pixels."""

import struct
import zlib
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageOps

from kubenas.data.example_source import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
PICTURE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
    Picture.DecompressionBombError,
)
"""What Pillow raises for a file that is no picture, is damaged or is beyond all measure."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
_GREY_MODES = {"1", "L", "LA", "La"}
_DEEP_GREY_MODES = {"I", "I;16", "I;16B", "I;16L", "I;16N"}
_SIDEWAYS = range(5, 9)
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class PictureHeader:
    """What is known of a picture without decoding it."""

    height: int
    width: int
    colour: bool
    alpha: bool
    deep: bool
    """Whether it has 16 bits a channel, which become 8."""


def read_header(stream: IO[bytes]) -> PictureHeader:
    """The size (as seen upright) and kind of a picture.

    Raises:
        PICTURE_ERRORS: it is none that we read.
    """
    with Picture.open(stream, formats=_FORMATS) as picture:
        width, height = picture.size
        if "exif" in picture.info and picture.getexif().get(_ORIENTATION_TAG) in _SIDEWAYS:
            height, width = width, height
        return PictureHeader(
            height=height,
            width=width,
            colour=_is_colour(picture),
            alpha=picture.has_transparency_data,
            deep=picture.mode in _DEEP_GREY_MODES,
        )


def read_pixels(stream: IO[bytes]) -> Image:
    """uint8 pixels, upright, without alpha: one channel if all of them are grey, else RGB.

    Of a moving picture the first frame.

    Raises:
        PICTURE_ERRORS: it is none that we read, or damaged.
    """
    with Picture.open(stream, formats=_FORMATS) as opened:
        upright = ImageOps.exif_transpose(opened) if "exif" in opened.info else opened
        if upright.mode in _DEEP_GREY_MODES:
            return _eight_bits(np.asarray(upright))
        if upright.mode in _GREY_MODES:
            return np.asarray(upright.convert("L"))[:, :, np.newaxis]
        pixels = np.asarray(upright.convert("RGB"))
    return pixels[:, :, :1] if _all_grey(pixels) else pixels


def _is_colour(picture: Picture.Image) -> bool:
    if picture.mode == "P":
        palette = np.asarray(picture.getpalette("RGB") or [], np.uint8).reshape(1, -1, 3)
        return not _all_grey(palette)
    return picture.mode not in _GREY_MODES | _DEEP_GREY_MODES


def _all_grey(pixels: npt.NDArray[Any]) -> bool:
    return bool(
        np.array_equal(pixels[..., 0], pixels[..., 1])
        and np.array_equal(pixels[..., 0], pixels[..., 2])
    )


def _eight_bits(pixels: npt.NDArray[Any]) -> Image:
    high_bytes: Image = np.clip(pixels, 0, 0xFFFF) >> 8
    return high_bytes.astype(np.uint8)[:, :, np.newaxis]
