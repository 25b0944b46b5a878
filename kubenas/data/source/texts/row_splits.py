"""The column of a table that names the split of each row."""

from typing import Any

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source.given_splits import split_named
from kubenas.data.source.names import shown
from kubenas.errors import UserError


class SplitCounter:
    """Finds out whether a column names the splits of all rows."""

    def __init__(self, column: str, *, origin: str) -> None:
        self._column = column
        self._origin = origin
        self._found: set[SplitName] = set()
        self._first_other = ""

    def add(self, value: Any, place: str) -> None:
        """Adds the value of a row.

        Args:
            value: the value of the column.
            place: where the row is, for error messages.
        """
        split = row_split(value)
        if split:
            self._found.add(split)
        elif not self._first_other:
            found = shown(value) if value not in (None, "") else "no split"
            self._first_other = f"{place} has {found}"

    def splits(self) -> tuple[SplitName, ...]:
        """Returns the splits; none if no value is the name of a split.

        Raises:
            UserError: Only some values are names of splits, or none is the training split.
        """
        if self._found and self._first_other:
            raise UserError(
                f"{self._origin}: {self._first_other} in '{self._column}', others have names of"
                " splits; write train, validation or test in all rows"
            )
        if self._found and "train" not in self._found:
            raise UserError(
                f"{self._origin}: no row has train in '{self._column}'; name the split of the"
                " training examples train, or remove the column"
            )
        return tuple(split for split in SPLITS if split in self._found)


def row_split(value: Any) -> SplitName | None:
    """Returns the split that the value of a row names, or None."""
    return split_named(value.strip()) if isinstance(value, str) else None
