"""The schema ``schema.json`` of a prepared data set.

The schema is written last: a data set with a schema is complete.
"""

from typing import Literal

from pydantic import Field

from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.trial import Value

SCHEMA_FILE = "schema.json"

KindName = Literal["image", "text"]
"""A kind of example."""
DType = Literal["uint8", "float32", "string"]
"""Type of stored examples: that of pixels, or UTF-8 text."""

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


class Shard(Value):
    """One TFRecord file of ``tf.train.Example`` with features ``image`` and ``label``."""

    name: str
    examples: int = Field(ge=0)
    size: int = Field(ge=0, description="bytes of the file")
    sha256: str


class Split(Value):
    """The examples of one split. Their order in the shards is independent of their class."""

    examples: int = Field(ge=0)
    shards: tuple[Shard, ...]
    class_counts: tuple[int, ...] = Field(description="examples of each class, in schema order")


class Normalization(Value):
    """Mean and variance of each channel over the pixels of the training split."""

    mean: tuple[float, ...]
    variance: tuple[float, ...] = Field(description="1 for a constant channel")


class DataSchema(Value):
    """The schema of a prepared data set."""

    version: Literal[1] = 1
    task: str
    digest: str = Field(description="digest of the source's content and of the data config")
    shape: tuple[int, int, int] = Field(description="height, width, channels")
    dtype: Literal["uint8", "float32"] = Field(
        description="dtype of the stored pixels, little-endian"
    )
    classes: tuple[str, ...]
    splits: dict[SplitName, Split]
    normalization: Normalization
    own_splits: tuple[SplitName, ...] = Field(
        (), description="splits that the source gives; empty: all are by content"
    )
    mirror_symmetric: bool = Field(
        False, description="whether mirrored images keep their class, as far as the data tell"
    )

    @property
    def example_bytes(self) -> int:
        """The size of one stored image in bytes."""
        height, width, channels = self.shape
        return height * width * channels * (1 if self.dtype == "uint8" else 4)


def read_schema(dataset: Storage) -> DataSchema:
    """Returns the schema of the data set in the folder ``dataset``.

    Raises:
        ObjectNotFound: The folder has no schema, or the preparation was interrupted.
        StorageError: The schema cannot be read, or another version of kubenas wrote it.
    """
    remedy = f"delete {dataset.uri} and prepare the data again"
    try:
        return read_document(dataset, SCHEMA_FILE, DataSchema, what="a data schema", remedy=remedy)
    except ObjectNotFound as error:
        raise ObjectNotFound(
            f"{dataset.uri}: no prepared data set found; prepare the data first"
        ) from error
