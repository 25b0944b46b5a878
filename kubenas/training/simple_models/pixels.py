"""The pixels of a data set as feature vectors of bounded length."""

from collections.abc import Iterator
from dataclasses import dataclass

import tensorflow as tf

from kubenas.data.dataset.schema import SplitName
from kubenas.data.loading import Shards, load_split
from kubenas.training.simple_models.vectors import Examples, Vectors

_BATCH_SIZE = 256


@dataclass(frozen=True)
class PixelVectors(Vectors):
    """The normalised pixels of ``shards``, averaged over squares of ``side`` pixels."""

    shards: Shards
    side: int

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
