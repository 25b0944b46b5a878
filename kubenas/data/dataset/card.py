"""The data card ``card.json``: a summary of a prepared data set for people."""

from typing import Literal

from pydantic import Field

from kubenas.data.dataset.schema import DType, KindName, SplitName
from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.trial import Value

CARD_FILE = "card.json"
CONTACT_SHEET_FILE = "examples.png"


class DataCard(Value):
    """The data card of a prepared data set."""

    version: Literal[1] = 1
    source: str = Field(description="name of the source file or folder")
    digest: str
    task: str
    examples: int
    kind: KindName = "image"
    shape: tuple[int, ...] = Field(description="as in the schema")
    dtype: DType
    classes: tuple[str, ...]
    counts: dict[SplitName, tuple[int, ...]] = Field(
        description="number of examples of each class, by split"
    )
    imbalance: float = Field(description="size of the largest class over that of the smallest")
    duplicates: int = Field(
        description="examples with the same content as another one, not counting the first of each"
    )
    near_duplicates: int = Field(
        0, description="near duplicates, not counting the first of each group"
    )
    left_out: int = Field(
        0,
        description="examples left out: (near) duplicates in a held-out split, or of its examples",
    )
    label_conflicts: int = Field(description="examples whose content also occurs in another class")
    seed: int = Field(description="seed of the split")
    notes: tuple[str, ...] = Field(description="changes made to the examples, such as a resize")
    warnings: tuple[str, ...]
    samples: dict[str, tuple[str, ...]] = Field(
        {}, description="the beginnings of a few texts, by class"
    )

    @property
    def class_counts(self) -> tuple[int, ...]:
        """The number of examples of each class, over all splits."""
        return tuple(sum(column) for column in zip(*self.counts.values(), strict=True))


def read_card(dataset: Storage) -> DataCard:
    """Returns the data card of the data set in the folder ``dataset``.

    Raises:
        ObjectNotFound: The folder has no data card.
        StorageError: The card cannot be read, or another version of kubenas wrote it.
    """
    remedy = f"delete {dataset.uri} and prepare the data again"
    try:
        return read_document(dataset, CARD_FILE, DataCard, what="a data card", remedy=remedy)
    except ObjectNotFound as error:
        raise ObjectNotFound(
            f"{dataset.uri}: no data card found; prepare the data first"
        ) from error
