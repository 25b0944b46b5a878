"""The data source for images in class folders."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from statistics import median
from typing import IO, TypeVar

from kubenas.data.dataset.schema import KindName
from kubenas.data.source.class_folders import ClassFolders, find_class_folders
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo
from kubenas.data.source.file_tree import FileTree
from kubenas.data.source.image_decoding import (
    IMAGE_ERRORS,
    MAX_PIXELS,
    ImageHeader,
    ImageTooLarge,
    read_header,
    read_pixels,
)
from kubenas.errors import UserError

MAX_MEDIAN_SIDE = 224
"""Maximum height and width in pixels when images of different sizes get their median size."""

_REPORT_EVERY = 256
_Read = TypeVar("_Read")


class ImageFolderSource:
    """Images in class folders.

    Implements :class:`kubenas.data.source.example_source.ExampleSource`.
    """

    def __init__(self, files: FileTree) -> None:
        self._files = files

    @property
    def name(self) -> str:
        return self._files.path.name

    @property
    def kind(self) -> KindName:
        return "image"

    def content(self) -> Iterator[bytes]:
        return self._files.content(list(self._folders.files))

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        statistics = _ImageStatistics(self._headers(report))
        statistics.check_depth(origin=str(self._files.path))
        size, notes = _common_size(statistics.sizes, image_size)
        return SourceInfo(
            shape=(*size, 3 if statistics.has_colour else 1),
            dtype="float32" if statistics.has_16_bit else "uint8",
            classes=self._folders.classes,
            class_counts=tuple(Counter(self._folders.labels)[i] for i in range(self._class_count)),
            notes=(*notes, *statistics.notes()),
            warnings=self._folders.warnings(),
            splits=self._folders.own_splits,
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:  # noqa: ARG002  not converted
        found = self._folders
        for name, label, split in zip(found.files, found.labels, found.splits, strict=True):
            yield Example(self._read(name, read_pixels), label, split)

    def locate(self, index: int) -> str:
        return self._folders.files[index]

    @cached_property
    def _folders(self) -> ClassFolders:
        files, folders = self._files.names()
        return find_class_folders(files, folders, origin=str(self._files.path))

    @property
    def _class_count(self) -> int:
        return len(self._folders.classes)

    def _headers(self, report: ReportProgress | None) -> Iterator[ImageHeader]:
        total = len(self._folders.files)
        for done, name in enumerate(self._folders.files, start=1):
            yield self._read(name, read_header)
            if report and (done % _REPORT_EVERY == 0 or done == total):
                report("reading image headers", done, total)

    def _read(self, name: str, read: Callable[[IO[bytes]], _Read]) -> _Read:
        try:
            with self._files.open(name) as stream:
                return read(stream)
        except ImageTooLarge as error:
            raise UserError(
                f"{self._files.path}: '{name}' has more than {MAX_PIXELS:,} pixels; reduce its"
                " size or remove it"
            ) from error
        except PermissionError as error:
            raise UserError(
                f"{self._files.path}: no permission to read '{name}'; change the permissions"
            ) from error
        except (*IMAGE_ERRORS, zipfile.BadZipFile, NotImplementedError) as error:
            raise UserError(
                f"{self._files.path}: '{name}' is damaged or not an image; replace or remove it"
            ) from error


class _ImageStatistics:
    """Counts of image sizes and of image kinds."""

    def __init__(self, headers: Iterable[ImageHeader]) -> None:
        self.sizes: Counter[tuple[int, int]] = Counter()
        self._kinds: Counter[str] = Counter()
        for header in headers:
            self.sizes[header.height, header.width] += 1
            self._kinds["colour" if header.colour else "grey"] += 1
            self._kinds["alpha"] += header.alpha
            self._kinds["16 bits"] += header.is_16_bit
            self._kinds["16 bits, several channels"] += header.is_16_bit and (
                header.colour or header.alpha
            )

    @property
    def has_colour(self) -> bool:
        return self._kinds["colour"] > 0

    @property
    def has_16_bit(self) -> bool:
        return self._kinds["16 bits"] > 0

    def check_depth(self, *, origin: str) -> None:
        """Checks that all images have the same bit depth, and that it is supported.

        Raises:
            UserError: The bit depths differ, or images of 16 bits have several channels.
        """
        kinds, images = self._kinds, self.sizes.total()
        if several := kinds["16 bits, several channels"]:
            raise UserError(
                f"{origin}: {several} images have 16 bits per channel and colours or alpha, which"
                " is not supported; convert them to 8 bits per channel, or to greyscale"
            )
        if 0 < kinds["16 bits"] < images:
            raise UserError(
                f"{origin}: {kinds['16 bits']} of {images} images have 16 bits per channel, the"
                " others 8, thus their values differ in scale; convert all images to one bit depth"
            )

    def notes(self) -> tuple[str, ...]:
        kinds = self._kinds
        notes = {
            f"{kinds['grey']} grey images converted to RGB": self.has_colour and kinds["grey"],
            f"alpha channel removed from {kinds['alpha']} images": kinds["alpha"],
            "the images have 16 bits per channel: their values are not scaled, and the model"
            " expects such values": kinds["16 bits"],
        }
        return tuple(note for note, applies in notes.items() if applies)


def _common_size(
    sizes: Counter[tuple[int, int]], wanted: tuple[int, int] | None
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Returns the common size (height, width) of all images, and notes about the resize."""
    if wanted is None and len(sizes) == 1:
        return next(iter(sizes)), ()
    heights, widths = zip(*sizes.elements(), strict=True)
    size = wanted or (
        min(MAX_MEDIAN_SIDE, round(median(heights))),
        min(MAX_MEDIAN_SIDE, round(median(widths))),
    )
    changed = sizes.total() - sizes[size]
    rule = "data.image_size" if wanted else f"the median, at most {MAX_MEDIAN_SIDE}"
    note = (
        f"{changed} of {sizes.total()} images ({min(heights)} to {max(heights)} high,"
        f" {min(widths)} to {max(widths)} wide) resized to {size[0]} x {size[1]} ({rule})"
    )
    return size, (note,) if changed else ()
