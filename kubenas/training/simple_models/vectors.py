"""The examples of a data set as feature vectors, which a linear model is fitted to."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import SplitName

Examples = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]
"""Vectors (examples, features) and labels (examples,)."""


class Vectors(ABC):
    """The splits of a data set, of vectors."""

    def first(self, split: SplitName, examples: int) -> Examples:
        """Returns at most ``examples`` examples of a split, the first in file order.

        They are a random sample: the order in the files is that of a hash of the content.

        Raises:
            StorageError: The data set is damaged.
        """
        parts: list[Examples] = []
        found = 0
        for part in self.batches(split):
            parts.append(part)
            found += len(part[1])
            if found >= examples:
                break
        vectors, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        return vectors[:examples], labels[:examples]

    @abstractmethod
    def batches(self, split: SplitName) -> Iterator[Examples]:
        """Yields all examples of a split in file order.

        Raises:
            StorageError: The data set is damaged.
        """
