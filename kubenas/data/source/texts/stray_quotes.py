"""Finds rows of a table that a quote at the start of a text has joined to one."""

from kubenas.data.source.texts.row_labels import MAX_CLASSES, Label, LabelCounter, to_label
from kubenas.data.source.texts.table_file import Row
from kubenas.errors import UserError

_UNDECIDED = 20
"""So many rows are kept until all labels are known. One is enough for the error."""

_Labels = set[Label | float | None]


class StrayQuotes:
    """Finds rows that join others: each of their lines is a row, and most have known labels.

    Args:
        labels: the labels of the rows so far.
        column: the position of the labels in a row.
        origin: the table, for error messages.
    """

    def __init__(self, labels: LabelCounter, column: int, *, origin: str) -> None:
        self._labels = labels
        self._column = column
        self._origin = origin
        self._undecided: list[tuple[_Labels, str]] = []

    def add(self, row: Row, place: str) -> None:
        """Adds a row whose lines look like rows.

        Args:
            row: the row.
            place: where the row is, for error messages.

        Raises:
            UserError: Labels of rows before it show that it joins several rows.
        """
        found: _Labels = {_label(line[self._column]) for line in row.lines}
        quote = f"{place} has a quote that is closed on line {row.line + len(row.lines) - 1}"
        self._check(found, quote)
        if len(found) <= MAX_CLASSES and len(self._undecided) < _UNDECIDED:
            self._undecided.append((found, quote))

    def check(self) -> None:
        """Checks the rows again, with the labels of all rows.

        Raises:
            UserError: A row joins several rows.
        """
        for found, quote in self._undecided:
            self._check(found, quote)

    def _check(self, found: _Labels, quote: str) -> None:
        if 2 * sum(label in self._labels for label in found) > len(found):
            raise UserError(
                f"{self._origin}: {quote}, and the lines up to it look like rows; remove the quote,"
                " or put the field into double quotes and write quotes inside of it twice"
            )


def _label(field: str) -> Label | float | None:
    """Returns the label in a field; None after a space, as it follows a comma within a text."""
    return None if field[:1].isspace() else to_label(field)
