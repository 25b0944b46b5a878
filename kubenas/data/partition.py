"""Which side an example is on: decided by its pixels alone, so it never changes sides.

Equal pictures are always on the same side, and adding data moves none of the others.
"""

import hashlib

import numpy as np

from kubenas.config import DataConfig
from kubenas.data.example_source import Image
from kubenas.data.schema import SplitName

_KEY_SPAN = 1 << 64


def content_key(image: Image, seed: int) -> int:
    """64 bits of a hash of the pixels, the same for equal numbers of any type."""
    pixels = _canonical(image)
    digest = hashlib.sha256(f"{seed}:{pixels.shape}:{pixels.dtype}:".encode())
    digest.update(pixels.tobytes())
    return int.from_bytes(digest.digest()[:8])


def split_of(key: int, config: DataConfig) -> SplitName:
    """The side of a content key."""
    position = key / _KEY_SPAN
    if position < config.test_fraction:
        return "test"
    if position < config.test_fraction + config.validation_fraction:
        return "validation"
    return "train"


def _canonical(image: Image) -> Image:
    if image.dtype == np.uint8:
        return image
    with np.errstate(invalid="ignore"):
        small = image.astype(np.uint8)
    return small if np.array_equal(small, image) else image.astype(np.float32, copy=False)
