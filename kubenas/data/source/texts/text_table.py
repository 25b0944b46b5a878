"""The data source for tables of texts."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from kubenas.data.dataset.schema import KindName
from kubenas.data.source.example_source import Example, ReportProgress, SourceInfo
from kubenas.data.source.file_access import read_chunks
from kubenas.data.source.file_tree import FolderFiles
from kubenas.data.source.names import check_name
from kubenas.data.source.texts.column_roles import ColumnRoles, find_roles
from kubenas.data.source.texts.columns import AUTOMATIC, Columns
from kubenas.data.source.texts.row_labels import to_label
from kubenas.data.source.texts.row_splits import row_split
from kubenas.data.source.texts.table_parts import TablePart, is_table, table_parts
from kubenas.data.source.texts.table_scan import TableScan
from kubenas.data.source.texts.text_checks import check_no_size, joined_text
from kubenas.errors import UserError


class TextTableSource:
    """Texts and labels in the columns of a table: one file, or the files of a folder.

    Files named for splits, or a column named split, give the splits. Rows without a text are left
    out. Each method reads the files anew, one row after the other.

    Implements :class:`kubenas.data.source.example_source.ExampleSource`.

    Args:
        path: the file, or the folder.
        columns: the columns that the config names.
        names: the names of all files in the folder; empty: ``path`` is a file.
    """

    def __init__(
        self, path: Path, columns: Columns = AUTOMATIC, names: tuple[str, ...] = ()
    ) -> None:
        self._path = path
        self._wanted = columns
        self._tables = sorted(name for name in names if is_table(name))
        self._ignored = sorted(set(names) - set(self._tables))

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def kind(self) -> KindName:
        return "text"

    def content(self) -> Iterator[bytes]:
        """Yields the stored bytes, compressed ones as they are. Names of files are included."""
        if not self._tables:
            return read_chunks(self._path)
        return FolderFiles(self._path).content(self._tables)

    def inspect(
        self, image_size: tuple[int, int] | None, report: ReportProgress | None = None
    ) -> SourceInfo:
        check_no_size(image_size, origin=str(self._path))
        scan = self._scan = TableScan(self._path, self._parts, self._roles, report)
        return SourceInfo(
            shape=(),
            dtype="string",
            classes=scan.classes.names,
            class_counts=scan.classes.counts,
            notes=(*self._notes(), *scan.notes()),
            warnings=tuple(self._warnings()),
            splits=scan.splits,
        )

    def examples(self, info: SourceInfo) -> Iterator[Example]:
        features = self._roles.features
        indices = self._scan.classes.indices
        for part in self._parts:
            for row in part.file.rows(self._roles.used):
                place = f"{part.file.path}: {row.place}"
                text = joined_text(row.values[: len(features)], features, place)
                if text is None:
                    continue
                label = to_label(row.values[len(features)])
                if label not in indices:
                    raise UserError(f"{place} was changed while it was read; start again")
                split = part.split or (row_split(row.values[-1]) if info.splits else None)
                yield Example(text, indices[label], split)

    def locate(self, index: int) -> str:
        return self._scan.locate(index)

    @cached_property
    def _parts(self) -> list[TablePart]:
        for name in (*self._tables, *self._ignored):
            check_name(name, origin=str(self._path), what="the name", remedy="rename the file")
        return table_parts(self._path, self._tables)

    @cached_property
    def _roles(self) -> ColumnRoles:
        file = self._parts[0].file
        return find_roles(file.columns(), self._wanted, origin=str(file.path))

    @cached_property
    def _scan(self) -> TableScan:
        return TableScan(self._path, self._parts, self._roles, None)

    def _notes(self) -> Iterator[str]:
        roles = self._roles
        texts = " and ".join(f"'{name}'" for name in roles.features)
        column = "column" if len(roles.features) == 1 else "columns"
        yield f"texts from {column} {texts}, labels from column '{roles.target}'"
        if len(self._parts) > 1:
            yield f"{len(self._parts)} files: {', '.join(p.file.path.name for p in self._parts)}"
        if roles.split and not self._scan.splits:
            yield f"column '{roles.split}' not used: its values are not train, validation or test"
        for part in self._parts:
            yield from part.file.notes()

    def _warnings(self) -> Iterator[str]:
        if self._ignored:
            yield f"{len(self._ignored)} files that are no tables ignored: {self._ignored[0]}, ..."
        seen: dict[str, str] = {}
        for name in self._scan.classes.names:
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                yield f"classes '{other}' and '{name}' differ in case only; are they one class?"
