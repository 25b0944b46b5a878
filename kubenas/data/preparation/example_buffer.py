"""Examples on their way from the source to the shards."""

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
from kubenas.data.preparation.near_duplicates import FEATURES, perceptual_features
from kubenas.data.source import Image, SourceInfo


class ExampleBuffer:
    """Keeps images in a file, and 76 bytes for each of them in memory."""

    def __init__(self, path: Path, info: SourceInfo) -> None:
        self._shape, self._dtype = info.shape, np.dtype(info.dtype)
        self._file = path.open("w+b")
        self._keys = array("Q")
        self._labels = array("i")
        self._features = array("f")

    def __len__(self) -> int:
        return len(self._keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def image_bytes(self) -> int:
        """Of one image."""
        return math.prod(self._shape) * self._dtype.itemsize

    @property
    def index(self) -> ExampleIndex:
        """Content key and label of each image, in the order in which they were added."""
        index = np.empty(len(self), INDEX_DTYPE)
        index["key"], index["label"] = self._keys, self._labels
        return index

    @property
    def features(self) -> npt.NDArray[np.float32]:
        """Perceptual features, shape (images, FEATURES)."""
        return np.asarray(self._features, np.float32).reshape(-1, FEATURES)

    def add(self, image: Image, *, key: int, label: int) -> None:
        """Takes in an image of the info's shape and type."""
        self._file.write(image.tobytes())
        self._keys.append(key)
        self._labels.append(label)
        self._features.frombytes(perceptual_features(image).tobytes())

    def image(self, place: int) -> bytes:
        """Of the image that was added as number ``place``."""
        self._file.flush()
        return os.pread(self._file.fileno(), self.image_bytes, place * self.image_bytes)

    def images(self, places: npt.NDArray[np.intp]) -> Image:
        """Several, shape (n, height, width, channels)."""
        pixels = b"".join(self.image(place) for place in places.tolist())
        return np.frombuffer(pixels, self._dtype).reshape(-1, *self._shape)


@dataclass(frozen=True)
class BufferedSplit:
    """The images of a buffer that are on one side, in the order in which they are written."""

    buffer: ExampleBuffer
    places: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.places)

    def examples(self) -> Iterator[tuple[bytes, int]]:
        """The bytes and the label of each image."""
        labels = self.buffer.index["label"]
        for place in self.places.tolist():
            yield self.buffer.image(place), int(labels[place])

    @property
    def image_bytes(self) -> int:
        """Of one image."""
        return self.buffer.image_bytes

    def images(self) -> Iterator[Image]:
        """Each one's pixels."""
        for place in self.places:
            yield self.buffer.images(np.atleast_1d(place))[0]

    def class_counts(self, classes: int) -> tuple[int, ...]:
        """Examples of each class."""
        labels = self.buffer.index["label"][self.places]
        return tuple(np.bincount(labels, minlength=classes).tolist())
