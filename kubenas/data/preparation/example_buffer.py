"""A buffer on disk for examples between the source and the shards."""

import math
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.example_index import INDEX_DTYPE, ExampleIndex
from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.preparation.near_duplicates import FEATURES, perceptual_features
from kubenas.data.source import Image, SourceInfo


class ExampleBuffer:
    """Stores images in a temporary file, and 77 bytes per image in memory."""

    def __init__(self, path: Path, info: SourceInfo) -> None:
        self._shape, self._dtype = info.shape, np.dtype(info.dtype)
        self._file = path.open("w+b")
        self._keys = array("Q")
        self._labels = array("i")
        self._features = array("f")
        self._splits = array("b")

    def __len__(self) -> int:
        return len(self._keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def image_bytes(self) -> int:
        """The size of one image in bytes."""
        return math.prod(self._shape) * self._dtype.itemsize

    @property
    def index(self) -> ExampleIndex:
        """The content key and the label of each image, in the order of addition."""
        index = np.empty(len(self), INDEX_DTYPE)
        index["key"], index["label"] = self._keys, self._labels
        return index

    @property
    def features(self) -> npt.NDArray[np.float32]:
        """The perceptual features of all images, shape (images, FEATURES)."""
        return np.asarray(self._features, np.float32).reshape(-1, FEATURES)

    @property
    def given_splits(self) -> npt.NDArray[np.int8]:
        """The split that the source gives each image, an index into SPLITS; -1: none."""
        return np.asarray(self._splits, np.int8)

    def add(self, image: Image, *, key: int, label: int, split: SplitName | None = None) -> None:
        """Adds an image. It must have the shape and dtype of the :class:`SourceInfo`."""
        self._splits.append(-1 if split is None else SPLITS.index(split))
        self._file.write(image.tobytes())
        self._keys.append(key)
        self._labels.append(label)
        self._features.frombytes(perceptual_features(image).tobytes())

    def image(self, position: int) -> bytes:
        """Returns the bytes of the image at ``position``, in the order of addition."""
        self._file.flush()
        return os.pread(self._file.fileno(), self.image_bytes, position * self.image_bytes)

    def images(self, positions: npt.NDArray[np.intp]) -> Image:
        """Returns the images at ``positions``, shape (n, height, width, channels)."""
        pixels = b"".join(self.image(position) for position in positions.tolist())
        return np.frombuffer(pixels, self._dtype).reshape(-1, *self._shape)


@dataclass(frozen=True)
class BufferedSplit:
    """The examples of one split in a buffer, in the order of the shards."""

    buffer: ExampleBuffer
    positions: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.positions)

    def examples(self) -> Iterator[tuple[bytes, int]]:
        """Yields the bytes and the label of each image."""
        labels = self.buffer.index["label"]
        for position in self.positions.tolist():
            yield self.buffer.image(position), int(labels[position])

    @property
    def image_bytes(self) -> int:
        """The size of one image in bytes."""
        return self.buffer.image_bytes

    def images(self) -> Iterator[Image]:
        """Yields the pixels of each image."""
        for position in self.positions:
            yield self.buffer.images(np.atleast_1d(position))[0]

    def class_counts(self, classes: int) -> tuple[int, ...]:
        """Returns the number of examples of each class."""
        labels = self.buffer.index["label"][self.positions]
        return tuple(np.bincount(labels, minlength=classes).tolist())
