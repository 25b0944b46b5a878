"""Data sources for data sets that come with the dependencies of kubenas."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import KindName
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo


class DigitsSource:
    """The digits of scikit-learn: 1797 greyscale images of 8 x 8, values 0 to 16, ten classes.

    Implements :class:`kubenas.data.source.example_source.ExampleSource`.
    """

    @property
    def name(self) -> str:
        return "digits"

    @property
    def kind(self) -> KindName:
        return "image"

    def content(self) -> Iterator[bytes]:
        images, labels = self._arrays
        yield from (images.tobytes(), labels.tobytes())

    def inspect(
        self,
        image_size: tuple[int, int] | None,
        report: ReportProgress | None = None,  # noqa: ARG002  too few examples for progress
    ) -> SourceInfo:
        size = image_size or (8, 8)
        return SourceInfo(
            shape=(*size, 1),
            dtype="uint8",
            classes=tuple(str(digit) for digit in range(10)),
            class_counts=tuple(np.bincount(self._arrays[1]).tolist()),
            notes=(f"images resized from 8 x 8 to {size[0]} x {size[1]}",)
            if size != (8, 8)
            else (),
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:  # noqa: ARG002  all images have the same shape
        images, labels = self._arrays
        for image, label in zip(images, labels.tolist(), strict=True):
            yield Example(image[:, :, np.newaxis], label)

    def locate(self, index: int) -> str:
        return f"digit {index}"

    @cached_property
    def _arrays(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        from sklearn.datasets import load_digits  # noqa: PLC0415  slow to import, rarely used

        digits = load_digits()
        return digits.images.astype(np.uint8), digits.target.astype(np.int32)
