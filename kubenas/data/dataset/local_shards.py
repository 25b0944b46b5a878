"""The shards of a prepared data set in a local folder."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import tensorflow as tf

from kubenas.data.dataset.checksum import file_sha256
from kubenas.data.dataset.schema import DataSchema, Shard, read_schema
from kubenas.errors import StorageError
from kubenas.storage import open_storage


@dataclass(frozen=True)
class LocalShards:
    """The prepared data set in ``folder``."""

    folder: Path
    origin: str | None = None
    """URI of the data set that the folder is a copy of; None if it is not a copy. The schema is
    read from the origin because other processes may write to a copy."""

    @property
    def uri(self) -> str:
        """The path of the folder."""
        return str(self.folder)

    @cached_property
    def schema(self) -> DataSchema:
        """The schema of the data set, read once."""
        return read_schema(open_storage(self.origin or self.uri))

    def records(self, shards: tf.data.Dataset, *, cycle_length: int) -> tf.data.Dataset:
        """Returns serialised examples, interleaved from ``cycle_length`` shards at a time."""
        return shards.interleave(
            lambda name: tf.data.TFRecordDataset(tf.strings.join([self.uri, name], "/")),
            cycle_length=cycle_length,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )

    def sizes(self) -> dict[str, int]:
        """Returns the size in bytes of each file in the folder, by name."""
        return {path.name: path.stat().st_size for path in self.folder.iterdir() if path.is_file()}

    def verify(self, shard: Shard) -> None:
        """Verifies the checksum of a shard. An unchanged file is verified only once.

        Raises:
            StorageError: The checksum differs.
        """
        path = self.folder / shard.name
        stat = path.stat()
        version = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if _sha256(path, version) != shard.sha256:
            raise StorageError(f"{path}: damaged: its checksum differs; prepare the data again")


@lru_cache(maxsize=4096)
def _sha256(path: Path, _version: tuple[int, ...]) -> str:
    return file_sha256(path)
