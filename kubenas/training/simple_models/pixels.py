"""The pixels of a data set as feature vectors of bounded length."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kubenas.data.dataset.loading import Shards, load_split
from kubenas.data.dataset.schema import SplitName

_BATCH_SIZE = 256

Examples = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]
"""Vectors (examples, features) and labels (examples,)."""


@dataclass(frozen=True)
class PixelVectors:
    """The normalised pixels of ``shards``, averaged over squares of ``side`` pixels."""

    shards: Shards
    side: int

    def first(self, split: SplitName, examples: int) -> Examples:
        """Returns at most ``examples`` examples of a split, the first in file order.

        They are a random sample: the order in the files is that of a hash of the content.

        Raises:
            StorageError: The data set is damaged.
        """
        parts = list(islice(self.batches(split), -(-examples // _BATCH_SIZE)))
        vectors, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        return vectors[:examples], labels[:examples]

    def batches(self, split: SplitName) -> Iterator[Examples]:
        """Yields all examples of a split in file order.

        Raises:
            StorageError: The data set is damaged.
        """
        # Without the memory cache, which would decode the whole split for its first examples.
        for images, labels in load_split(
            self.shards, split, batch_size=_BATCH_SIZE, in_memory_bytes=0
        ):
            pooled = tf.nn.avg_pool2d(images, self.side, self.side, "SAME").numpy()
            yield pooled.reshape(len(pooled), -1), labels.numpy()
