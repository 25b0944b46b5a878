"""The schema ``schema.json`` of a prepared data set.

The schema is written last: a data set with a schema is complete.
"""

import math
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.trial import Value

SCHEMA_FILE = "schema.json"

KindName = Literal["image", "text"]
"""A kind of example."""
DType = Literal["uint8", "float32", "string"]
"""Type of stored examples: that of pixels, or UTF-8 text."""

_SPECIAL_WORDS = 2
"""Padding and the unknown word."""

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


class Shard(Value):
    """One TFRecord file of ``tf.train.Example``.

    Its features are ``label`` and one with the name of the kind, such as ``image``.
    """

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


WordSplit = Literal["whitespace", "character"]
"""What :class:`keras.layers.TextVectorization` splits a text at."""


class TextForm(Value):
    """How texts become numbers of words."""

    split: WordSplit
    vocabulary: tuple[str, ...] = Field(
        description="words of the training split, the most frequent first"
    )


class DataSchema(Value):
    """The schema of a prepared data set."""

    version: Literal[1] = 1
    kind: KindName = "image"
    task: str
    digest: str = Field(description="digest of the source's content and of the data config")
    shape: tuple[int, ...] = Field(
        description="of an example that a network takes: height, width, channels; or the number"
        " of words"
    )
    dtype: DType = Field(
        description="of the stored examples: that of the pixels, little-endian, or string for UTF-8"
    )
    classes: tuple[str, ...]
    splits: dict[SplitName, Split]
    normalization: Normalization | None = Field(None, description="None for texts")
    text: TextForm | None = Field(None, description="None for images")
    own_splits: tuple[SplitName, ...] = Field(
        (), description="splits that the source gives; empty: all are by content"
    )
    mirror_symmetric: bool = Field(
        False, description="whether mirrored images keep their class, as far as the data tell"
    )

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        dimensions = {"image": 3, "text": 1}[self.kind]
        form = {"image": self.normalization, "text": self.text}[self.kind]
        if len(self.shape) != dimensions or form is None:
            raise ValueError(f"not a schema of examples of kind {self.kind}")
        return self

    @property
    def channel_moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and variance of each channel of an image."""
        if self.normalization is None:
            raise ValueError(f"{self.digest}: no images but examples of kind {self.kind}")
        return self.normalization.mean, self.normalization.variance

    @property
    def text_form(self) -> TextForm:
        """How texts become numbers of words."""
        if self.text is None:
            raise ValueError(f"{self.digest}: no texts but examples of kind {self.kind}")
        return self.text

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = self.shape
        return height, width, channels

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an example that a client sends to the exported model: empty for a text."""
        return () if self.text else self.shape

    @property
    def vocabulary_size(self) -> int | None:
        """How many words there are, with padding and the unknown word; None for images."""
        return len(self.text.vocabulary) + _SPECIAL_WORDS if self.text else None

    def example_bytes(self, split: SplitName) -> int:
        """The size of a stored image in bytes, or the mean size of a split's texts with overhead.

        It is at least one. The size of the shuffle buffer follows from it, so it must not change:
        resumed trainings need the same batches.
        """
        if self.kind == "image":
            return math.prod(self.shape) * np.dtype(self.dtype).itemsize
        shards, examples = self.splits[split].shards, self.splits[split].examples
        return max(1, sum(shard.size for shard in shards) // max(1, examples))


def task_of(kind: KindName) -> str:
    """Returns the learning task for examples of ``kind``, such as "image-classification"."""
    return f"{kind}-classification"


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
