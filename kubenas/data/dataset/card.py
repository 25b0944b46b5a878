"""card.json: what a person should know about a prepared data set."""

from typing import Literal

from pydantic import Field

from kubenas.data.dataset.schema import SplitName
from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.trial import Value

CARD_FILE = "card.json"
CONTACT_SHEET_FILE = "examples.png"


class DataCard(Value):
    """The data card of a prepared data set."""

    version: Literal[1] = 1
    source: str = Field(description="name of the file or folder it came from")
    digest: str
    task: str
    examples: int
    shape: tuple[int, int, int] = Field(description="height, width, channels")
    dtype: Literal["uint8", "float32"]
    classes: tuple[str, ...]
    counts: dict[SplitName, tuple[int, ...]] = Field(description="of each split, by class")
    imbalance: float = Field(description="largest class over smallest")
    duplicates: int = Field(description="examples beyond the first with the same pixels")
    near_duplicates: int = Field(
        0, description="different pictures beyond the first that are nearly the same"
    )
    left_out: int = Field(
        0, description="examples that the test split is without, for they repeat another one of it"
    )
    label_conflicts: int = Field(description="examples whose pixels also occur in another class")
    seed: int = Field(description="of the split")
    notes: tuple[str, ...] = Field(description="what was done to the examples")
    warnings: tuple[str, ...]

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Examples of each class that are in a split."""
        return tuple(sum(column) for column in zip(*self.counts.values(), strict=True))


def read_card(dataset: Storage) -> DataCard:
    """The card of the data set in the folder ``dataset``.

    Raises:
        ObjectNotFound: there is none.
        StorageError: it cannot be read or another version of kubenas wrote it.
    """
    remedy = f"delete {dataset.uri} and prepare the data again"
    try:
        return read_document(dataset, CARD_FILE, DataCard, what="a data card", remedy=remedy)
    except ObjectNotFound as error:
        raise ObjectNotFound(f"{dataset.uri}: no data card here; prepare the data first") from error
