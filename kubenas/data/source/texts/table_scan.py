"""Reads all rows of a table once: counts the classes and finds the rows to keep."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source.example_source import ReportProgress
from kubenas.data.source.texts.column_roles import ColumnRoles
from kubenas.data.source.texts.row_labels import LabelClasses, LabelCounter
from kubenas.data.source.texts.row_splits import SplitCounter
from kubenas.data.source.texts.stray_quotes import StrayQuotes
from kubenas.data.source.texts.table_file import Row
from kubenas.data.source.texts.table_parts import TablePart
from kubenas.data.source.texts.text_checks import joined_text
from kubenas.errors import UserError

_REPORT_EVERY = 4096


class TableScan:
    """What is known after all rows have been read. Memory: four bytes per row.

    Args:
        path: the file, or the folder of the files.
        parts: the files.
        roles: the columns to read.
        report: called with the progress.

    Raises:
        UserError: Rows cannot be used.
    """

    classes: LabelClasses
    splits: tuple[SplitName, ...]
    """The splits of the rows; empty if the table has none."""

    def __init__(
        self,
        path: Path,
        parts: Sequence[TablePart],
        roles: ColumnRoles,
        report: ReportProgress | None,
    ) -> None:
        self._path = path
        self._parts = parts
        self._roles = roles
        self._report = report
        self._rows = array("I")
        """The number of each kept row in its file."""
        self._ends: list[int] = []
        """The number of rows that are kept in each file and those before."""
        self._left_out = 0
        self._first_left_out = ""
        self._repeats = True
        """Whether the label of each row is its text."""
        self._read_all()

    @property
    def examples(self) -> int:
        """The number of kept rows."""
        return len(self._rows)

    def locate(self, index: int) -> str:
        """Returns the file and the row of the example at position ``index``."""
        part = self._parts[bisect_right(self._ends, index)]
        return f"{part.file.path.name}, row {self._rows[index]}"

    def notes(self) -> tuple[str, ...]:
        """Returns what was left out."""
        if not self._left_out:
            return ()
        rows = "1 row" if self._left_out == 1 else f"{self._left_out} rows"
        return (f"{rows} without a text left out, the first is {self._first_left_out}",)

    def _read_all(self) -> None:
        labels = LabelCounter(self._roles.target, origin=str(self._path))
        given = [part.split for part in self._parts if part.split]
        column = None if given else self._roles.split
        splits = SplitCounter(column or "", origin=str(self._path))
        quotes = StrayQuotes(labels, len(self._roles.features), origin=str(self._path))
        for part in self._parts:
            self._read_part(part, labels, splits if column else None, quotes)
        quotes.check()
        self._check_repeats()
        self.classes = labels.classes()
        self.splits = tuple(split for split in SPLITS if split in given) or splits.splits()

    def _read_part(
        self,
        part: TablePart,
        labels: LabelCounter,
        splits: SplitCounter | None,
        quotes: StrayQuotes,
    ) -> None:
        features = self._roles.features
        prefix = "" if part.file.path == self._path else f"{part.file.path.name}, "
        kept, left_out = len(self._rows), self._left_out
        for row in self._with_progress(part.file.rows(self._roles.used)):
            place = f"{prefix}{row.place}"
            values = row.values
            if row.lines:
                quotes.add(row, place)
            text = joined_text(values[: len(features)], features, f"{self._path}: {place}")
            if text is None:
                self._leave_out(f"{part.file.path.name}, row {row.number}")
                continue
            label = values[len(features)]
            labels.add(label, place)
            if splits:
                splits.add(values[-1], place)
            self._repeats = self._repeats and str(label).strip() == text.strip()
            self._rows.append(row.number)
        if len(self._rows) == kept:
            self._refuse_part(part, empty=self._left_out == left_out)
        self._ends.append(len(self._rows))

    def _with_progress(self, rows: Iterable[Row]) -> Iterable[Row]:
        for number, row in enumerate(rows, start=len(self._rows) + self._left_out + 1):
            yield row
            if self._report and number % _REPORT_EVERY == 0:
                self._report("reading rows", number, None)

    def _leave_out(self, place: str) -> None:
        self._left_out += 1
        self._first_left_out = self._first_left_out or place

    def _refuse_part(self, part: TablePart, *, empty: bool) -> None:
        if empty:
            raise UserError(f"{part.file.path}: no rows after the header; add examples")
        names = " or ".join(f"'{name}'" for name in self._roles.features)
        raise UserError(
            f"{part.file.path}: no row has a text in {names}; name the columns of the texts in"
            " data.features"
        )

    def _check_repeats(self) -> None:
        if self._repeats:
            raise UserError(
                f"{self._path}: '{self._roles.target}' repeats the text of each row; name the"
                " column of the classes in data.target"
            )
