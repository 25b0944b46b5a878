"""The data source for .txt files in class folders."""

import codecs
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from kubenas.data.dataset.schema import KindName
from kubenas.data.source.class_folders import TEXTS, ClassFolders, find_class_folders
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo
from kubenas.data.source.file_tree import FileTree
from kubenas.data.source.texts.lines import decode
from kubenas.data.source.texts.text_checks import MAX_TEXT_BYTES, check_no_size, check_text
from kubenas.errors import UserError

_REPORT_EVERY = 256


class TextFolderSource:
    """Texts in class folders, one .txt file each. Blank files are left out.

    Implements :class:`kubenas.data.source.example_source.ExampleSource`.
    """

    def __init__(self, files: FileTree) -> None:
        self._files = files

    @property
    def name(self) -> str:
        return self._files.path.name

    @property
    def kind(self) -> KindName:
        return "text"

    def content(self) -> Iterator[bytes]:
        return self._files.content(list(self._folders.files))

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        check_no_size(image_size, origin=str(self._files.path))
        found = self._folders
        self._kept = self._find_kept(report)
        labels = Counter(found.labels[position] for position in self._kept)
        for label, name in enumerate(found.classes):
            if not labels[label]:
                raise UserError(
                    f"{self._files.path}: class folder '{name}' has only blank texts; add texts or"
                    " remove the folder"
                )
        return SourceInfo(
            shape=(),
            dtype="string",
            classes=found.classes,
            class_counts=tuple(labels[label] for label in range(len(found.classes))),
            notes=self._notes(),
            warnings=found.warnings(),
            splits=found.own_splits,
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:  # noqa: ARG002  not converted
        found = self._folders
        for name, label, split in zip(found.files, found.labels, found.splits, strict=True):
            text = self._read(name)
            if text is not None:
                yield Example(text, label, split)

    def locate(self, index: int) -> str:
        return self._folders.files[self._kept[index]]

    @cached_property
    def _folders(self) -> ClassFolders:
        files, folders = self._files.names()
        return find_class_folders(files, folders, origin=str(self._files.path), kind=TEXTS)

    @cached_property
    def _kept(self) -> "array[int]":
        """The positions of the files that are not blank."""
        return self._find_kept(None)

    def _find_kept(self, report: ReportProgress | None) -> "array[int]":
        kept, names = array("I"), self._folders.files
        for position, name in enumerate(names):
            if self._read(name) is not None:
                kept.append(position)
            done = position + 1
            if report and (done % _REPORT_EVERY == 0 or done == len(names)):
                report("reading texts", done, len(names))
        return kept

    def _notes(self) -> tuple[str, ...]:
        files, kept = self._folders.files, self._kept
        if len(kept) == len(files):
            return ()
        first = next(i for i in range(len(files)) if i == len(kept) or kept[i] != i)
        number = len(files) - len(kept)
        blank = "1 blank text" if number == 1 else f"{number} blank texts"
        return (f"{blank} left out, the first is {files[first]}",)

    def _read(self, name: str) -> str | None:
        """Returns the text in a file, or None if it is blank."""
        place = f"{self._files.path}: '{name}'"
        try:
            with self._files.open(name) as stream:
                raw = stream.read(MAX_TEXT_BYTES + len(codecs.BOM_UTF8) + 1)
        except PermissionError as error:
            raise UserError(
                f"{self._files.path}: no permission to read '{name}'; change the permissions"
            ) from error
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
            raise UserError(f"{place} is damaged; replace or remove it") from error
        raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) > MAX_TEXT_BYTES:
            raise UserError(
                f"{place} is longer than {MAX_TEXT_BYTES >> 20} MiB; shorten or remove it"
            )
        return check_text(decode(raw, place), place)
