"""Tables with one JSON object a line: .jsonl and .ndjson files."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from kubenas.data.source.names import check_name, shown
from kubenas.data.source.texts.lines import read_lines
from kubenas.data.source.texts.table_file import Row
from kubenas.errors import UserError

_ROWS_WITH_COLUMNS = 100
"""The columns are the keys of the first rows: a key may be missing in some of them."""

_KINDS = {list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


class _RepeatedKey(Exception):
    """A JSON object has a key twice. The message is the key."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise _RepeatedKey(next(name for name in times if times[name] > 1))
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


class JsonLinesFile:
    """A table with one JSON object a line. Its keys are the columns.

    Implements :class:`kubenas.data.source.texts.table_file.TableFile`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def columns(self) -> tuple[str, ...]:
        return self._columns

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        for number, found in self._objects():
            yield Row(number, number, tuple(found.get(column) for column in columns))

    def notes(self) -> tuple[str, ...]:
        return ()

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for _, found in islice(self._objects(), _ROWS_WITH_COLUMNS):
            names |= dict.fromkeys(found)
        if not names:
            raise UserError(f"{self.path}: no examples; write one JSON object a line")
        for name in names:
            check_name(name, origin=str(self.path), what="the key", remedy="rename the key")
        return tuple(names)

    def _objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(read_lines(self.path), start=1):
            if line.strip():
                yield number, self._parse(line, f"{self.path}: row {number}")

    def _parse(self, line: str, place: str) -> dict[str, Any]:
        try:
            found = _DECODER.decode(line)
        except _RepeatedKey as error:
            raise UserError(f"{place} has the key {shown(str(error))} twice; remove one") from error
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "") or "a number is too long, or the nesting too deep"
            at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
            raise UserError(
                f"{place} is not valid JSON ({reason}{at}); write one JSON object a line"
            ) from error
        if not isinstance(found, dict):
            kind = _KINDS.get(type(found), "null")
            raise UserError(f"{place} is {kind}, not a JSON object; write one JSON object a line")
        return found
