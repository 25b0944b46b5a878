"""The protocol of files with a table, and their rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class Row(NamedTuple):
    """Some values of one row of a table."""

    number: int
    """Position in the file as a spreadsheet shows it: the header and blank lines count, from 1."""
    line: int
    """Line of the file on which the row begins. It differs if a field before contains a newline."""
    values: tuple[Any, ...]
    """The values of the requested columns; None if a value is missing."""
    lines: tuple[tuple[str, ...], ...] = ()
    """The same values in each line, if the row has several and each has the fields of a row."""

    @property
    def place(self) -> str:
        """Where the row is, for people."""
        return row_place(self.number, self.line)


class TableFile(Protocol):
    """A file with a table. Rows are read one after the other.

    Every method may raise a :class:`kubenas.errors.UserError` that names the file and the row.
    """

    @property
    def path(self) -> Path:
        """The path of the file."""
        ...

    def columns(self) -> tuple[str, ...]:
        """Returns the names of the columns."""
        ...

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """Yields the values of ``columns`` in each row. Blank lines are skipped."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Returns what people should know about the format of the file."""
        ...


def row_place(number: int, line: int) -> str:
    """Returns "row 7", or "row 7 (line 9)" if earlier rows span several lines."""
    return f"row {number}" if number == line else f"row {number} (line {line})"
