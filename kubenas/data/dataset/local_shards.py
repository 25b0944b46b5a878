"""Shards of a prepared data set that lie in a local folder."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import tensorflow as tf

from kubenas.data.dataset.digest import file_sha256
from kubenas.data.dataset.schema import DataSchema, Shard, read_schema
from kubenas.errors import StorageError
from kubenas.storage import open_storage


@dataclass(frozen=True)
class LocalShards:
    """The data set in ``folder``."""

    folder: Path
    origin: str | None = None
    """URI of the data set that the folder is a copy of; None: of none. Others may write to a copy,
    so what the data are is read from there."""

    @property
    def uri(self) -> str:
        """Where it is."""
        return str(self.folder)

    @cached_property
    def schema(self) -> DataSchema:
        """What it holds, read once."""
        return read_schema(open_storage(self.origin or self.uri))

    def records(self, shards: tf.data.Dataset, *, cycle_length: int) -> tf.data.Dataset:
        """Serialised examples of the named ``shards``, by turns from so many of them."""
        return shards.interleave(
            lambda name: tf.data.TFRecordDataset(tf.strings.join([self.uri, name], "/")),
            cycle_length=cycle_length,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )

    def sizes(self) -> dict[str, int]:
        """Bytes of each file that is there, by its name."""
        return {path.name: path.stat().st_size for path in self.folder.iterdir() if path.is_file()}

    def verify(self, shard: Shard) -> None:
        """Checks a shard's content, once for as long as the file stays as it is.

        Raises:
            StorageError: it is not what was prepared.
        """
        path = self.folder / shard.name
        stat = path.stat()
        version = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if _sha256(path, version) != shard.sha256:
            raise StorageError(f"{path}: damaged, its checksum differs; prepare the data again")


@lru_cache(maxsize=4096)
def _sha256(path: Path, _version: tuple[int, ...]) -> str:
    return file_sha256(path)
