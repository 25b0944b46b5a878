"""Tables with a header and separated fields: .csv and .tsv files."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import NamedTuple

from kubenas.data.source.names import check_name
from kubenas.data.source.texts.lines import read_lines
from kubenas.data.source.texts.table_file import Row, row_place
from kubenas.data.source.texts.text_checks import MAX_TEXT_BYTES
from kubenas.errors import UserError

_NAMES = {",": "','", ";": "';'", "\t": "tabs", "|": "'|'"}


class _Header(NamedTuple):
    delimiter: str
    names: tuple[str, ...]
    number: int
    """The row of the header: more than 1 if blank lines precede it."""


class DelimitedFile:
    """A table whose first row has the names of the columns.

    The delimiter is the one that gives the header most fields: comma, semicolon, tab or vertical
    bar. A field in double quotes may contain delimiters, line ends, and quotes written twice.
    Spaces before a field are removed, because quotes after them would be part of the text.

    Implements :class:`kubenas.data.source.texts.table_file.TableFile`.
    """

    def __init__(self, path: Path, delimiter: str) -> None:
        self.path = path
        self._usual = delimiter
        # Applies to all readers of the process. It is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_TEXT_BYTES))

    def columns(self) -> tuple[str, ...]:
        return self._header.names

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        delimiter, names, header = self._header
        wanted = [names.index(column) for column in columns]
        for number, line, fields in self._records(delimiter):
            if number <= header or _is_blank(fields):
                continue
            if len(fields) != len(names):
                raise UserError(
                    f"{self.path}: {row_place(number, line)} has {_count(len(fields), 'field')},"
                    f" the header {len(names)}; put a field that contains {_NAMES[delimiter]} into"
                    " double quotes, and write quotes inside of it twice"
                )
            yield Row(number, line, tuple(fields[position] for position in wanted))

    def notes(self) -> tuple[str, ...]:
        delimiter = self._header.delimiter
        if delimiter == self._usual:
            return ()
        return (f"{self.path.name}: fields separated by {_NAMES[delimiter]}",)

    @cached_property
    def _header(self) -> _Header:
        delimiter = self._find_delimiter()
        for number, _, fields in self._records(delimiter):
            if not _is_blank(fields):
                names = tuple(field.strip() for field in fields)
                self._check_names(names)
                return _Header(delimiter, names, number)
        raise UserError(f"{self.path}: empty file; add a header and rows")

    def _find_delimiter(self) -> str:
        first = next((line for line in read_lines(self.path) if line.strip()), "")
        candidates = (self._usual, *_NAMES)
        return max(candidates, key=lambda each: _count_fields(first, each))

    def _check_names(self, names: tuple[str, ...]) -> None:
        for name in names:
            remedy = "the first row must have the names of the columns"
            check_name(name, origin=str(self.path), what="the column", remedy=remedy)
        twice = [name for name, times in Counter(names).items() if name and times > 1]
        if twice:
            raise UserError(
                f"{self.path}: {len(names)} columns, of which several are named '{twice[0]}';"
                " rename or remove all but one"
            )

    def _records(self, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
        """Yields the number, the first line and the fields of each row, the header included."""
        reader = csv.reader(
            read_lines(self.path), delimiter=delimiter, strict=True, skipinitialspace=True
        )
        for number in count(1):
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                place = row_place(number, line)
                raise UserError(f"{self.path}: {place} {_explain(error)}") from error
            yield number, line, fields


def _explain(error: csv.Error) -> str:
    message = str(error)
    if "unexpected end" in message:
        return "has a quote that is never closed; close it, or write quotes inside a field twice"
    if "field limit" in message:
        return (
            f"has a field longer than {MAX_TEXT_BYTES >> 20} MiB, or a quote that is never closed;"
            " shorten the field or close the quote"
        )
    if "expected after" in message:
        return (
            "has text after a closing quote; put the field into double quotes and write quotes"
            " inside of it twice"
        )
    if "new-line" in message:
        return "has a carriage return outside of quotes; save the file with line ends \\n or \\r\\n"
    return f"cannot be read ({message}); correct it"


def _is_blank(fields: list[str]) -> bool:
    return not fields or (len(fields) == 1 and not fields[0].strip())


def _count_fields(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter)))
    except csv.Error:
        return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
