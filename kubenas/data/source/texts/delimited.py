"""Tables with a header and separated fields: .csv and .tsv files."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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


class _Record(NamedTuple):
    number: int
    line: int
    fields: list[str]
    lines: list[str]
    """The lines of the file. The list is used again for the next record."""


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
        for number, line, fields, lines in self._records(delimiter):
            if number <= header or _is_blank(fields):
                continue
            if len(fields) != len(names):
                raise UserError(
                    f"{self.path}: {row_place(number, line)} has {_count(len(fields), 'field')},"
                    f" the header {len(names)}; put a field that contains {_NAMES[delimiter]} into"
                    " double quotes, and write quotes inside of it twice"
                )
            picked, *apart = (
                tuple(each[position] for position in wanted)
                for each in (fields, *_read_apart(lines, delimiter, len(names)))
            )
            yield Row(number, line, picked, tuple(apart))

    def notes(self) -> tuple[str, ...]:
        delimiter = self._header.delimiter
        if delimiter == self._usual:
            return ()
        return (f"{self.path.name}: fields separated by {_NAMES[delimiter]}",)

    @cached_property
    def _header(self) -> _Header:
        delimiter = self._find_delimiter()
        for number, _, fields, _ in self._records(delimiter):
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

    def _records(self, delimiter: str) -> Iterator[_Record]:
        """Yields all rows, the header included."""
        lines: list[str] = []
        reader = csv.reader(
            _recorded(read_lines(self.path), lines),
            delimiter=delimiter,
            strict=True,
            skipinitialspace=True,
        )
        for number in count(1):
            line = reader.line_num + 1
            lines.clear()
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                place = row_place(number, line)
                raise UserError(f"{self.path}: {place} {_explain(error)}") from error
            yield _Record(number, line, fields, lines)


def _recorded(lines: Iterable[str], record: list[str]) -> Iterator[str]:
    """Yields ``lines``, and appends each to ``record``."""
    for line in lines:
        record.append(line)
        yield line


def _read_apart(lines: Sequence[str], delimiter: str, columns: int) -> list[list[str]]:
    """Returns the fields of each of several lines without regard to quotes.

    Returns:
        Nothing if there is one line, or not all of them have ``columns`` fields.
    """
    if len(lines) == 1 or any(line.count(delimiter) != columns - 1 for line in lines):
        return []
    return [line.split(delimiter) for line in lines]


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
