"""A buffer on disk for examples between the source and the shards."""

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
from kubenas.data.kinds.kind import ExampleKind, Fingerprints, Stored


class ExampleBuffer:
    """Stores examples in a temporary file.

    It takes 21 bytes for each example in memory, and those of its fingerprint.
    """

    def __init__(self, path: Path, kind: ExampleKind) -> None:
        self._dtype, self._length = kind.fingerprint
        self._file = path.open("w+b")
        self._ends = array("Q", [0])
        self._keys = array("Q")
        self._labels = array("i")
        self._fingerprints = bytearray()
        self._splits = array("b")

    def __len__(self) -> int:
        return len(self._keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def index(self) -> ExampleIndex:
        """The content key and the label of each example, in the order of addition."""
        index = np.empty(len(self), INDEX_DTYPE)
        index["key"], index["label"] = self._keys, self._labels
        return index

    @property
    def fingerprints(self) -> Fingerprints:
        """The fingerprints of all examples, one row each."""
        return np.frombuffer(bytes(self._fingerprints), self._dtype).reshape(-1, self._length)

    @property
    def given_splits(self) -> npt.NDArray[np.int8]:
        """The split that the source gives each example, an index into SPLITS; -1: none."""
        return np.asarray(self._splits, np.int8)

    def add(self, example: Stored, *, key: int, label: int, split: SplitName | None = None) -> None:
        """Adds an example."""
        self._splits.append(-1 if split is None else SPLITS.index(split))
        self._file.write(example.data)
        self._ends.append(self._ends[-1] + len(example.data))
        self._keys.append(key)
        self._labels.append(label)
        self._fingerprints += example.fingerprint.tobytes()

    def read(self, position: int) -> bytes:
        """Returns the stored bytes of the example at ``position``, in the order of addition."""
        self._file.flush()
        start, end = self._ends[position : position + 2]
        return os.pread(self._file.fileno(), end - start, start)

    def read_all(self, positions: npt.NDArray[np.intp]) -> list[bytes]:
        """Returns the stored bytes of the examples at ``positions``."""
        return [self.read(position) for position in positions.tolist()]

    def size(self, position: int) -> int:
        """Returns the number of stored bytes of the example at ``position``."""
        return self._ends[position + 1] - self._ends[position]


@dataclass(frozen=True)
class BufferedSplit:
    """The examples of one split in a buffer, in the order of the shards."""

    buffer: ExampleBuffer
    positions: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def size(self) -> int:
        """The number of stored bytes of all examples."""
        return sum(map(self.buffer.size, self.positions.tolist()))

    def examples(self) -> Iterator[tuple[bytes, int]]:
        """Yields the stored bytes and the label of each example."""
        labels = self.buffer.index["label"]
        for position in self.positions.tolist():
            yield self.buffer.read(position), int(labels[position])

    def class_counts(self, classes: int) -> tuple[int, ...]:
        """Returns the number of examples of each class."""
        labels = self.buffer.index["label"][self.positions]
        return tuple(np.bincount(labels, minlength=classes).tolist())
