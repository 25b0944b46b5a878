"""The base class of kinds of examples, for the preparation of data. Imports no TensorFlow."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import KindName
from kubenas.data.kinds.near_duplicates import NearDuplicates
from kubenas.data.source import Content, SourceInfo

Fingerprints: TypeAlias = npt.NDArray[Any]
"""What near duplicates are searched by, one row for each example."""

ReadStored: TypeAlias = Callable[[npt.NDArray[np.intp]], Sequence[bytes]]
"""Takes positions (n,) and returns the stored bytes of the examples there."""


class Stored(NamedTuple):
    """An example as the data set stores it."""

    data: bytes
    fingerprint: Fingerprints
    """Array of the shape and dtype of the kind's fingerprints."""


@dataclass(frozen=True)
class Fitted:
    """What a kind has learned from the training split."""

    shape: tuple[int, ...]
    """Shape of an example that a network takes."""
    fields: dict[str, Any]
    """Other fields of the :class:`kubenas.data.dataset.schema.DataSchema`, by name."""
    notes: tuple[str, ...] = ()
    """For people."""


@dataclass(frozen=True)
class Overview:
    """A few examples of each class, for a check by eye."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Content of files to be stored with the data set, by name."""
    samples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Texts by class."""


class StoredExamples(Protocol):
    """The examples of a split, in random order. They can be read repeatedly."""

    def __len__(self) -> int: ...

    def examples(self) -> Iterator[tuple[bytes, int]]:
        """Yields the stored bytes and the label of each example."""
        ...


class OverviewBuilder(Protocol):
    """Collects the examples of an overview."""

    def add(self, data: bytes, label: int) -> None:
        """Adds a stored example unless there are enough of its class."""
        ...

    def build(self, classes: Sequence[str]) -> Overview:
        """Returns the overview of the examples that were added."""
        ...


class ExampleKind(ABC):
    """How examples of one kind are stored, compared, summarised and shown."""

    name: ClassVar[KindName]
    singular: ClassVar[str]
    """With its article."""
    plural: ClassVar[str]
    content: ClassVar[str]
    """What equal examples have in common: "the same ..."."""
    origins: ClassVar[str]
    """What examples may differ in that a model was not trained for."""
    linear_features: ClassVar[str]
    """What the linear model beside the network is fitted to."""
    linear_model: ClassVar[str]
    """Module whose ``evaluate_linear_model`` trains it. A name: training imports data."""
    fingerprint: ClassVar[tuple[str, int]]
    """Dtype and length of the fingerprint of an example."""

    @abstractmethod
    def store(self, content: Content, info: SourceInfo) -> Stored:
        """Converts an example to the form in which the data set stores it."""

    @abstractmethod
    def content_key(self, content: Content, seed: int) -> int:
        """Returns a 64-bit hash of the original content and the seed."""

    @abstractmethod
    def near_duplicates(
        self,
        fingerprints: Fingerprints,
        labels: npt.NDArray[np.int32],
        read: ReadStored,
        info: SourceInfo,
    ) -> NearDuplicates:
        """Groups distinct examples by pairs of near duplicates.

        Args:
            fingerprints: shape (examples, length).
            labels: class indices, shape (examples,).
            read: returns the stored bytes at the given positions.
            info: the summary of the source.
        """

    @abstractmethod
    def fit(self, train: StoredExamples, info: SourceInfo) -> Fitted:
        """Learns what the preprocessing needs, from the training split alone."""

    @abstractmethod
    def overview(self, info: SourceInfo) -> OverviewBuilder:
        """Returns an empty overview."""

    @abstractmethod
    def describe(self, shape: Sequence[int], dtype: str) -> str:
        """Describes the examples of a data set in a few words."""

    @abstractmethod
    def describe_input(self, shape: Sequence[int]) -> Sequence[str]:
        """Describes, in lines, the input of the exported model: name, dtype, shape and values."""
