"""The images of a data set as feature vectors that a pretrained network computes."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from kubenas.data.dataset.schema import SplitName
from kubenas.data.loading import Shards, load_split
from kubenas.training.simple_models.vectors import Examples, Vectors

_BATCH_SIZE = 32
"""Small: the maps of a large network are large."""


@dataclass(frozen=True)
class BackboneVectors(Vectors):
    """The vectors that ``extractor`` computes of the normalised images of ``shards``."""

    shards: Shards
    extractor: keras.Model

    def batches(self, split: SplitName) -> Iterator[Examples]:
        """Yields all examples of a split in file order.

        Raises:
            StorageError: The data set is damaged.
        """
        for images, labels in load_split(
            self.shards, split, batch_size=_BATCH_SIZE, in_memory_bytes=0
        ):
            vectors = np.asarray(self.extractor.predict_on_batch(images), np.float32)
            yield vectors, labels.numpy()
