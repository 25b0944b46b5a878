"""Examples of one split on their way from the source to the shards."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from kubenas.data.contents import EXAMPLE, Contents
from kubenas.data.example_source import Image


@dataclass(frozen=True)
class Repeats:
    """Examples of a split that have the same pixels."""

    duplicates: int
    """Examples beyond the first of their kind."""
    conflicting: int
    """Examples whose pixels also occur with another label."""
    conflict: tuple[int, int] | None
    """Two of these, as their numbers in the source."""


class Spool:
    """Keeps images in a file, and 20 bytes for each of them in memory.

    They are taken out in the order of their content keys. That is a shuffle: it has nothing to do
    with the order in the source, and is the same every time.
    """

    def __init__(self, path: Path, example_bytes: int) -> None:
        self._example_bytes = example_bytes
        self._file = path.open("w+b")
        self._keys = array("Q")
        self._labels = array("i")
        self._numbers = array("Q")

    def __len__(self) -> int:
        return len(self._keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, image: Image, *, key: int, label: int, number: int) -> None:
        """Takes in an image of the spool's size. ``number`` is its place in the source."""
        self._file.write(image.tobytes())
        self._keys.append(key)
        self._labels.append(label)
        self._numbers.append(number)

    def take(self) -> Iterator[tuple[bytes, int]]:
        """The bytes and the label of each image, by content key."""
        for place in self._order().tolist():
            self._file.seek(place * self._example_bytes)
            yield self._file.read(self._example_bytes), self._labels[place]

    def class_counts(self, classes: int) -> tuple[int, ...]:
        """Examples of each class."""
        return tuple(np.bincount(np.asarray(self._labels), minlength=classes).tolist())

    def contents(self) -> Contents:
        """Key and label of each image, in the order in which they were added."""
        contents = np.empty(len(self), EXAMPLE)
        contents["key"], contents["label"] = self._keys, self._labels
        return contents

    def repeats(self) -> Repeats:
        """What occurs more than once."""
        order = self._order()
        keys, labels = np.asarray(self._keys)[order], np.asarray(self._labels)[order]
        same = keys[1:] == keys[:-1]
        clash = np.flatnonzero(same & (labels[1:] != labels[:-1]))
        conflicting = np.isin(keys, keys[clash])
        return Repeats(
            duplicates=int(same.sum()),
            conflicting=int(conflicting.sum()),
            conflict=self._numbered(order[clash[0]], order[clash[0] + 1]) if len(clash) else None,
        )

    def _order(self) -> npt.NDArray[np.intp]:
        return np.lexsort((np.asarray(self._labels), np.asarray(self._keys)))

    def _numbered(self, first: int, second: int) -> tuple[int, int]:
        low, high = sorted((self._numbers[first], self._numbers[second]))
        return low, high
