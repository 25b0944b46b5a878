"""Shards of a prepared data set that are read from their store as they are needed.

For data sets that are larger than the local cache. Nothing is written to a disk; at most
``cycle_length`` + 2 shards are in memory, whole.
"""

import hashlib
import struct
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kubenas.data.dataset.schema import DataSchema, Shard, read_schema
from kubenas.errors import StorageError
from kubenas.storage import open_storage

_READ_AHEAD = 2
"""Shards that are fetched at the same time, before they are needed."""

_LENGTH = struct.Struct("<Q")
_BEFORE, _AFTER = 12, 4  # a record's length and that length's checksum; the record's checksum


@dataclass(frozen=True)
class StreamedShards:
    """The data set at ``uri``. Equal to another of the same data set."""

    uri: str
    failures: list[StorageError] = field(default_factory=list, compare=False)
    """Why shards could not be read: TensorFlow passes on no exception as it was raised."""

    @cached_property
    def schema(self) -> DataSchema:
        """What it holds, read once."""
        return read_schema(open_storage(self.uri))

    def records(self, shards: tf.data.Dataset, *, cycle_length: int) -> tf.data.Dataset:
        """Serialised examples of the named ``shards``, by turns from so many of them."""
        expected = {
            shard.name: shard for split in self.schema.splits.values() for shard in split.shards
        }

        def fetch(name: bytes) -> npt.NDArray[np.object_]:
            return self._fetch_records(expected[name.decode()])

        def fetched(name: tf.Tensor) -> tf.Tensor:
            records = tf.numpy_function(fetch, [name], tf.string)
            return tf.ensure_shape(records, [None])

        return shards.map(fetched, num_parallel_calls=_READ_AHEAD, deterministic=True).interleave(
            tf.data.Dataset.from_tensor_slices, cycle_length=cycle_length
        )

    def sizes(self) -> dict[str, int]:
        """Bytes of each file that is there, by its name."""
        return {info.name: info.size for info in open_storage(self.uri).list()}

    def verify(self, shard: Shard) -> None:
        """Nothing: each shard is verified as it is fetched."""

    def _fetch_records(self, shard: Shard) -> npt.NDArray[np.object_]:
        try:
            return np.array(split_records(self._read_verified(shard)), dtype=object)
        except StorageError as error:
            self.failures.append(error)
            raise

    def _read_verified(self, shard: Shard) -> bytes:
        content = open_storage(self.uri).read(shard.name)
        if hashlib.sha256(content).hexdigest() != shard.sha256:
            raise StorageError(f"{self.uri}/{shard.name}: damaged; prepare the data again")
        return content


def split_records(shard: bytes) -> list[bytes]:
    """The records of a TFRecord file, whose content has been verified."""
    records, start = [], 0
    while start < len(shard):
        (length,) = _LENGTH.unpack_from(shard, start)
        begin = start + _BEFORE
        records.append(shard[begin : begin + length])
        start = begin + length + _AFTER
    return records
