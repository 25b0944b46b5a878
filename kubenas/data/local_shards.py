"""Shards of a prepared data set that lie in a local folder."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tensorflow as tf

from kubenas.data.schema import DataSchema, read_schema
from kubenas.storage import open_storage


@dataclass(frozen=True)
class LocalShards:
    """The data set in ``folder``."""

    folder: Path

    @property
    def uri(self) -> str:
        """Where it is."""
        return str(self.folder)

    @cached_property
    def schema(self) -> DataSchema:
        """What it holds, read once."""
        return read_schema(open_storage(self.uri))

    def records(self, shards: tf.data.Dataset, *, open_at_once: int) -> tf.data.Dataset:
        """Serialised examples of the named ``shards``, by turns from so many of them."""
        return shards.interleave(
            lambda name: tf.data.TFRecordDataset(tf.strings.join([self.uri, name], "/")),
            cycle_length=open_at_once,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )

    def sizes(self) -> dict[str, int]:
        """Bytes of each file that is there, by its name."""
        return {path.name: path.stat().st_size for path in self.folder.iterdir() if path.is_file()}
