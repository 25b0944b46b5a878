"""One picture file -> what its header says, or its pixels."""

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
"""What Pillow raises for a file that is no picture or is damaged."""

MAX_PIXELS = 1 << 26
"""Of a picture, 8192 x 8192: a small file can hold so many more that no memory is enough."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
_GREY_MODES = {"1", "L", "LA", "La"}
_DEEP_GREY_MODES = {"I", "I;16", "I;16B", "I;16L", "I;16N"}
_SIDEWAYS = range(5, 9)
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class ImageHeader:
    """What is known of a picture without decoding it."""

    height: int
    width: int
    colour: bool
    alpha: bool
    deep: bool
    """Whether it has 16 bits a channel."""


class ImageTooLarge(Exception):
    """There are more than ``MAX_PIXELS`` in it."""


def read_header(stream: IO[bytes]) -> ImageHeader:
    """The size (as seen upright) and kind of a picture.

    Raises:
        IMAGE_ERRORS: it is none that we read.
        ImageTooLarge: it has too many pixels.
    """
    with _opened(stream) as picture:
        width, height = picture.size
        if "exif" in picture.info and picture.getexif().get(_ORIENTATION_TAG) in _SIDEWAYS:
            height, width = width, height
        return ImageHeader(
            height=height,
            width=width,
            colour=_is_colour(picture),
            alpha=picture.has_transparency_data,
            deep=_is_deep(picture),
        )


def read_pixels(stream: IO[bytes]) -> Image:
    """Pixels, upright, without alpha: one channel if all of them are grey, else RGB.

    uint8, but of a grey picture with 16 bits float32 with the same values. Of a moving picture the
    first frame.

    Raises:
        IMAGE_ERRORS: it is none that we read, or damaged.
        ImageTooLarge: it has too many pixels.
    """
    with _opened(stream) as opened:
        upright = ImageOps.exif_transpose(opened) if "exif" in opened.info else opened
        if upright.mode in _DEEP_GREY_MODES:
            return np.asarray(upright).astype(np.float32)[:, :, np.newaxis]
        if upright.mode in _GREY_MODES:
            return np.asarray(upright.convert("L"))[:, :, np.newaxis]
        pixels = np.asarray(upright if upright.mode == "RGB" else upright.convert("RGB"))
    return pixels[:, :, :1] if _all_grey(pixels) else pixels


@contextmanager
def _opened(stream: IO[bytes]) -> Iterator[ImageFile]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PilImage.DecompressionBombWarning)
        try:
            picture = PilImage.open(stream, formats=_FORMATS)
        except (PilImage.DecompressionBombError, PilImage.DecompressionBombWarning) as error:
            raise ImageTooLarge from error
    with picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ImageTooLarge
        yield picture


def _is_deep(picture: ImageFile) -> bool:
    # Of colours and alpha Pillow reads the upper eight bits alone: only the file's layout tells.
    layouts = {str(tile.args) for tile in picture.tile}
    return picture.mode in _DEEP_GREY_MODES or any(";16" in layout for layout in layouts)


def _is_colour(picture: PilImage.Image) -> bool:
    if picture.mode == "P":
        palette = np.asarray(picture.getpalette("RGB") or [], np.uint8).reshape(1, -1, 3)
        return not _all_grey(palette)
    return picture.mode not in _GREY_MODES | _DEEP_GREY_MODES


def _all_grey(pixels: npt.NDArray[Any]) -> bool:
    return bool(
        np.array_equal(pixels[..., 0], pixels[..., 1])
        and np.array_equal(pixels[..., 0], pixels[..., 2])
    )
