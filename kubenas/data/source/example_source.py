"""What every kind of source of labelled examples promises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy.typing as npt

Image = npt.NDArray[Any]
"""Pixels, (height, width, channels)."""

ReportProgress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and of how much if that is known."""


class Example(NamedTuple):
    """One labelled image, as it is in the source: of its own size, grey as one channel."""

    image: Image
    label: int
    """Index into the info's classes."""


@dataclass(frozen=True)
class SourceInfo:
    """What a source holds, found out before its examples are read."""

    shape: tuple[int, int, int]
    """Height, width and channels that every example is brought to."""
    dtype: Literal["uint8", "float32"]
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    notes: tuple[str, ...] = ()
    """What is done to the examples, for people."""
    warnings: tuple[str, ...] = ()

    @property
    def examples(self) -> int:
        """How many there are."""
        return sum(self.class_counts)


class ExampleSource(Protocol):
    """Labelled examples that are read as a stream; memory does not grow with their bytes.

    Every method may raise :class:`kubenas.errors.UserError` that names the source, what is wrong
    with it and what to do.
    """

    @property
    def name(self) -> str:
        """File or folder name, for people."""
        ...

    def content(self) -> Iterator[bytes]:
        """All bytes that decide what the examples are, to be hashed."""
        ...

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        """Looks through the source and checks what can be checked without keeping examples."""
        ...

    def examples(self, info: SourceInfo) -> Iterator[Example]:
        """The examples, in the source's own order, which is the same every time."""
        ...

    def locate(self, index: int) -> str:
        """Where the example is that came as number ``index``, for people."""
        ...
