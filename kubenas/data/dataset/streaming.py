"""Shards of a prepared data set that are streamed from their store.

Used for data sets that are larger than the local cache. Nothing is written to disk. At most
``cycle_length`` + 2 whole shards are in memory.
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
"""Number of shards that are prefetched at the same time."""

_LENGTH = struct.Struct("<Q")
# The header of a record is its length and the checksum of the length, the footer its checksum.
_HEADER_BYTES, _FOOTER_BYTES = 12, 4


@dataclass(frozen=True)
class StreamedShards:
    """The prepared data set at ``uri``. Instances are compared by URI."""

    uri: str
    failures: list[StorageError] = field(default_factory=list, compare=False)
    """Errors from reading shards. TensorFlow does not pass on the original exception."""

    @cached_property
    def schema(self) -> DataSchema:
        """The schema of the data set, read once."""
        return read_schema(open_storage(self.uri))

    def records(self, shards: tf.data.Dataset, *, cycle_length: int) -> tf.data.Dataset:
        """Returns serialised examples, interleaved from ``cycle_length`` shards at a time."""
        expected = {
            shard.name: shard for split in self.schema.splits.values() for shard in split.shards
        }

        def fetch(name: bytes) -> npt.NDArray[np.object_]:
            return self._fetch_records(expected[name.decode()])

        def load_records(name: tf.Tensor) -> tf.Tensor:
            records = tf.numpy_function(fetch, [name], tf.string)
            return tf.ensure_shape(records, [None])

        return shards.map(
            load_records, num_parallel_calls=_READ_AHEAD, deterministic=True
        ).interleave(tf.data.Dataset.from_tensor_slices, cycle_length=cycle_length)

    def sizes(self) -> dict[str, int]:
        """Returns the size in bytes of each file of the data set, by name."""
        return {info.name: info.size for info in open_storage(self.uri).list()}

    def verify(self, shard: Shard) -> None:
        """Does nothing: each shard is verified when it is fetched."""

    def _fetch_records(self, shard: Shard) -> npt.NDArray[np.object_]:
        try:
            return np.array(split_records(self._read_verified(shard)), dtype=object)
        except StorageError as error:
            self.failures.append(error)
            raise

    def _read_verified(self, shard: Shard) -> bytes:
        content = open_storage(self.uri).read(shard.name)
        if hashlib.sha256(content).hexdigest() != shard.sha256:
            raise StorageError(
                f"{self.uri}/{shard.name}: damaged: its checksum differs; prepare the data again"
            )
        return content


def split_records(shard: bytes) -> list[bytes]:
    """Returns the records of a TFRecord file. The content must have been verified."""
    records, start = [], 0
    while start < len(shard):
        (length,) = _LENGTH.unpack_from(shard, start)
        begin = start + _HEADER_BYTES
        records.append(shard[begin : begin + length])
        start = begin + length + _FOOTER_BYTES
    return records
