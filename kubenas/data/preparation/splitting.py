"""Which side an example is on: decided by its pixels, so that it does not change sides.

Equal and nearly equal pictures are on the same side. Adding data moves an example only if what was
added is nearly equal to it.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from kubenas.config import DataConfig
from kubenas.data.dataset.example_index import ExampleIndex
from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source import Image

_KEY_SPAN = 1 << 64
_LOW_HALF = np.uint64(0xFFFFFFFF)


def content_key(image: Image, seed: int) -> int:
    """64 bits of a hash of the pixels, the same for equal numbers of any type."""
    pixels = _canonical(image)
    digest = hashlib.sha256(f"{seed}:{pixels.shape}:{pixels.dtype}:".encode())
    digest.update(pixels.tobytes())
    return int.from_bytes(digest.digest()[:8])


def split_for_key(key: int, config: DataConfig) -> SplitName:
    """The side of a content key."""
    position = key / _KEY_SPAN
    if position < config.test_fraction:
        return "test"
    if position < config.test_fraction + config.validation_fraction:
        return "validation"
    return "train"


def assign_splits(
    index: ExampleIndex, groups: npt.NDArray[np.intp], config: DataConfig
) -> dict[SplitName, npt.NDArray[np.intp]]:
    """The places of each split's examples, in the order of their content keys.

    That is a shuffle: it has nothing to do with the order in the source, and is the same every
    time. A group is on the side of one of its pictures. In the test split it counts once, for its
    examples are no independent evidence: one of each label stays.

    Args:
        index: key and label of each example.
        groups: shape (examples,), of equal and nearly equal pictures.
        config: the fractions.
    """
    sides = _split_of_each(index["key"], groups, config)
    kept = (sides != "test") | _first_of_each(groups, index["label"], index["key"])
    order = np.lexsort((index["label"], index["key"]))
    return {split: order[(kept & (sides == split))[order]] for split in SPLITS}


def _split_of_each(
    keys: npt.NDArray[np.uint64], groups: npt.NDArray[np.intp], config: DataConfig
) -> npt.NDArray[np.str_]:
    # The high half of a key tells a side; the low half, whose key it is that counts.
    order = np.lexsort((keys, keys & _LOW_HALF, groups))
    _, first, inverse = np.unique(groups[order], return_index=True, return_inverse=True)
    sides = np.array([split_for_key(int(key), config) for key in keys[order[first]]])
    placed = np.empty_like(sides, shape=len(keys))
    placed[order] = sides[inverse]
    return placed


def _first_of_each(
    groups: npt.NDArray[np.intp], labels: npt.NDArray[np.int32], keys: npt.NDArray[np.uint64]
) -> npt.NDArray[np.bool_]:
    """Whether an example is the first with its label in its group."""
    order = np.lexsort((keys, keys & _LOW_HALF, labels, groups))
    new = np.diff(groups[order], prepend=-1) | np.diff(labels[order], prepend=-1)
    first = np.zeros(len(keys), bool)
    first[order] = new != 0
    return first


def _canonical(image: Image) -> Image:
    if image.dtype == np.uint8:
        return image
    with np.errstate(invalid="ignore"):
        small = image.astype(np.uint8)
    return small if np.array_equal(small, image) else image.astype(np.float32, copy=False)
