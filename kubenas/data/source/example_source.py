"""The protocol of data sources, and the values that they return."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy.typing as npt

from kubenas.data.dataset.schema import DType, KindName, SplitName

Image: TypeAlias = npt.NDArray[Any]
"""Pixels of shape (height, width, channels)."""

Content: TypeAlias = Image | str
"""What is classified."""

ReportProgress = Callable[[str, int, int | None], None]
"""Called with the name of the operation, the amount done, and the total or None if unknown."""


class Example(NamedTuple):
    """One labelled example: a text, or an image in its original size.

    A greyscale image has one channel.
    """

    content: Content
    label: int
    """Index into :attr:`SourceInfo.classes`."""
    split: SplitName | None = None
    """The split to which the source assigns it; None: the source has no splits."""


@dataclass(frozen=True)
class SourceInfo:
    """A summary of a source, known before its examples are read."""

    shape: tuple[int, ...]
    """Height, width and channels to which every image is converted; empty for texts."""
    dtype: DType
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    notes: tuple[str, ...] = ()
    """Changes made to the examples, for people."""
    warnings: tuple[str, ...] = ()
    splits: tuple[SplitName, ...] = ()
    """The source's own splits, ``train`` among them; empty if it has none."""

    @property
    def examples(self) -> int:
        """The number of examples."""
        return sum(self.class_counts)


class ExampleSource(Protocol):
    """A stream of labelled examples. Memory use is independent of the size of the data.

    Every method may raise a :class:`kubenas.errors.UserError` that names the source, the problem
    and the remedy.
    """

    @property
    def name(self) -> str:
        """The name of the file or folder, for people."""
        ...

    @property
    def kind(self) -> KindName:
        """The kind of its examples."""
        ...

    def content(self) -> Iterator[bytes]:
        """Yields the bytes to hash: all bytes that determine the examples."""
        ...

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        """Scans and validates the source without keeping examples in memory.

        Args:
            image_size: height and width of all images; None: chosen by the source. Not for texts.
            report: called with the progress.
        """
        ...

    def examples(self, info: SourceInfo) -> Iterator[Example]:
        """Yields the examples. The order is the same in every call."""
        ...

    def locate(self, index: int) -> str:
        """Returns the location of the example at position ``index``, for people."""
        ...
