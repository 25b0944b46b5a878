"""schema.json: what a prepared data set holds. Written last, so where it is, all the rest is."""

from typing import Literal

from pydantic import Field

from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.trial import Value

SCHEMA_FILE = "schema.json"

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


class Shard(Value):
    """One TFRecord file of ``tf.train.Example`` with features ``image`` and ``label``."""

    name: str
    examples: int = Field(ge=0)
    size: int = Field(ge=0, description="bytes of the file")
    sha256: str


class Split(Value):
    """The examples of one side. Their order in the shards tells nothing about their class."""

    examples: int = Field(ge=0)
    shards: tuple[Shard, ...]
    class_counts: tuple[int, ...] = Field(description="examples of each class, in schema order")


class Normalization(Value):
    """Mean and variance of each channel, over the pixels of the training split alone."""

    mean: tuple[float, ...]
    variance: tuple[float, ...] = Field(description="1 for a channel that never varies")


class DataSchema(Value):
    """A prepared data set."""

    version: Literal[1] = 1
    task: str
    digest: str = Field(description="of the source's content and how it was prepared")
    shape: tuple[int, int, int] = Field(description="height, width, channels")
    dtype: Literal["uint8", "float32"] = Field(description="of the stored bytes, little-endian")
    classes: tuple[str, ...]
    splits: dict[SplitName, Split]
    normalization: Normalization

    @property
    def example_bytes(self) -> int:
        """Bytes of one stored image."""
        height, width, channels = self.shape
        return height * width * channels * (1 if self.dtype == "uint8" else 4)


def read_schema(dataset: Storage) -> DataSchema:
    """The schema of the data set in the folder ``dataset``.

    Raises:
        ObjectNotFound: there is none, or its preparation was interrupted.
        StorageError: it cannot be read or another version of kubenas wrote it.
    """
    remedy = f"delete {dataset.uri} and prepare the data again"
    try:
        return read_document(dataset, SCHEMA_FILE, DataSchema, what="a data schema", remedy=remedy)
    except ObjectNotFound as error:
        raise ObjectNotFound(
            f"{dataset.uri}: no prepared data set here; prepare it first"
        ) from error
