"""Class folders of pictures as a source of examples."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from statistics import median
from typing import IO, TypeVar

from kubenas.data.source.class_folders import ClassFolders, find_class_folders
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo
from kubenas.data.source.image_decoding import (
    IMAGE_ERRORS,
    MAX_PIXELS,
    ImageHeader,
    ImageTooLarge,
    read_header,
    read_pixels,
)
from kubenas.data.source.image_files import ImageFiles
from kubenas.errors import UserError

MAX_MEDIAN_SIDE = 224
"""Largest side, in pixels, that is chosen for pictures of different sizes."""

_REPORT_EVERY = 256
_Read = TypeVar("_Read")


class ImageFolderSource:
    """See :class:`kubenas.data.source.example_source.ExampleSource`."""

    def __init__(self, files: ImageFiles) -> None:
        self._files = files

    @property
    def name(self) -> str:
        return self._files.path.name

    def content(self) -> Iterator[bytes]:
        return self._files.content(list(self._folders.pictures))

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        traits = _ImageStatistics(self._headers(report))
        traits.check_depth(origin=str(self._files.path))
        size, notes = _common_size(traits.sizes, image_size)
        ignored = self._folders.ignored
        return SourceInfo(
            shape=(*size, 3 if traits.colour else 1),
            dtype="float32" if traits.deep else "uint8",
            classes=self._folders.classes,
            class_counts=tuple(Counter(self._folders.labels)[i] for i in range(self._class_count)),
            notes=(*notes, *traits.notes()),
            warnings=(f"{len(ignored)} files beside the class folders ignored: {ignored[0]}, ...",)
            if ignored
            else (),
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:  # noqa: ARG002  as they are in the files
        for name, label in zip(self._folders.pictures, self._folders.labels, strict=True):
            yield Example(self._read(name, read_pixels), label)

    def locate(self, index: int) -> str:
        return self._folders.pictures[index]

    @cached_property
    def _folders(self) -> ClassFolders:
        files, folders = self._files.names()
        return find_class_folders(files, folders, origin=str(self._files.path))

    @property
    def _class_count(self) -> int:
        return len(self._folders.classes)

    def _headers(self, report: ReportProgress | None) -> Iterator[ImageHeader]:
        total = len(self._folders.pictures)
        for done, name in enumerate(self._folders.pictures, start=1):
            yield self._read(name, read_header)
            if report and (done % _REPORT_EVERY == 0 or done == total):
                report("looking through pictures", done, total)

    def _read(self, name: str, read: Callable[[IO[bytes]], _Read]) -> _Read:
        try:
            with self._files.open(name) as stream:
                return read(stream)
        except ImageTooLarge as error:
            raise UserError(
                f"{self._files.path}: '{name}' has more than {MAX_PIXELS:,} pixels; make it"
                " smaller or remove it"
            ) from error
        except PermissionError as error:
            raise UserError(
                f"{self._files.path}: no permission to read '{name}'; change its permissions"
            ) from error
        except (*IMAGE_ERRORS, zipfile.BadZipFile, NotImplementedError) as error:
            raise UserError(
                f"{self._files.path}: '{name}' is damaged or no picture; replace or remove it"
            ) from error


class _ImageStatistics:
    """What the pictures of a set have in common and what not."""

    def __init__(self, headers: Iterable[ImageHeader]) -> None:
        self.sizes: Counter[tuple[int, int]] = Counter()
        self._kinds: Counter[str] = Counter()
        for header in headers:
            self.sizes[header.height, header.width] += 1
            self._kinds["colour" if header.colour else "grey"] += 1
            self._kinds["alpha"] += header.alpha
            self._kinds["deep"] += header.deep
            self._kinds["deep with more channels"] += header.deep and (
                header.colour or header.alpha
            )

    @property
    def colour(self) -> bool:
        return self._kinds["colour"] > 0

    @property
    def deep(self) -> bool:
        return self._kinds["deep"] > 0

    def check_depth(self, *, origin: str) -> None:
        """Checks that the values of all pictures are on one scale, which can be read.

        Raises:
            UserError: they are not.
        """
        kinds, pictures = self._kinds, self.sizes.total()
        if several := kinds["deep with more channels"]:
            raise UserError(
                f"{origin}: {several} pictures have 16 bits a channel and colours or alpha, which"
                " cannot be read whole; convert them to 8 bits a channel, or to grey"
            )
        if 0 < kinds["deep"] < pictures:
            raise UserError(
                f"{origin}: {kinds['deep']} of {pictures} pictures have 16 bits a channel and the"
                " others 8, so that their values are on different scales; convert them to one"
            )

    def notes(self) -> tuple[str, ...]:
        kinds = self._kinds
        said = {
            f"{kinds['grey']} grey pictures turned into RGB": self.colour and kinds["grey"],
            f"alpha dropped from {kinds['alpha']} pictures": kinds["alpha"],
            "the pictures have 16 bits: their values are kept as they are, and the model takes"
            " such values": kinds["deep"],
        }
        return tuple(note for note, applies in said.items() if applies)


def _common_size(
    sizes: Counter[tuple[int, int]], wanted: tuple[int, int] | None
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """The size (height, width) all pictures get, and what is said about it."""
    if wanted is None and len(sizes) == 1:
        return next(iter(sizes)), ()
    heights, widths = zip(*sizes.elements(), strict=True)
    size = wanted or (
        min(MAX_MEDIAN_SIDE, round(median(heights))),
        min(MAX_MEDIAN_SIDE, round(median(widths))),
    )
    changed = sizes.total() - sizes[size]
    which = "as data.image_size says" if wanted else f"the median, at most {MAX_MEDIAN_SIDE}"
    note = (
        f"{changed} of {sizes.total()} pictures ({min(heights)} to {max(heights)} high,"
        f" {min(widths)} to {max(widths)} wide) resized to {size[0]} x {size[1]} ({which})"
    )
    return size, (note,) if changed else ()
