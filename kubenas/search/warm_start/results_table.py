"""Reads prior results from a .csv file: hyperparameters and a score per row, or a leaderboard."""

import csv
import io
import json
import math
from collections.abc import Mapping
from typing import Any, Literal

from kubenas.errors import ObjectNotFound, UserError
from kubenas.search.warm_start.csv_cells import unescape_formula
from kubenas.storage import open_storage, split

_SCORE, _RANK, _PREFIX = "score", "rank", "values."


def read_table(uri: str, direction: Literal["max", "min"]) -> list[dict[str, Any]]:
    """Returns the hyperparameters of each row with a score, best first.

    All columns except 'score' are hyperparameters. In a leaderboard, these are the columns
    ``values.<name>``, and the column 'rank' gives the order. Numbers and booleans are converted;
    empty cells are omitted.

    Args:
        uri: URI of the file.
        direction: direction of the score.

    Raises:
        UserError: the file does not exist or is not such a table.
    """
    rows = list(csv.DictReader(io.StringIO(_text(uri), newline="")))
    if not rows or _SCORE not in rows[0]:
        raise UserError(f"search.warm_start: {uri}: needs a column 'score' and at least one row")
    order = _RANK if any(name.startswith(_PREFIX) for name in rows[0]) else _SCORE
    sign = -1 if order == _SCORE and direction == "max" else 1
    keyed = [(sign * key, row) for row in rows if (key := _number(row.get(order), uri)) is not None]
    return [_values(row) for _, row in sorted(keyed, key=lambda pair: pair[0])]


def _text(uri: str) -> str:
    folder, name = split(uri)
    try:
        return open_storage(folder).read(name).decode("utf-8-sig")
    except ObjectNotFound as error:
        raise UserError(f"search.warm_start: {uri}: no such file") from error
    except UnicodeDecodeError as error:
        raise UserError(f"search.warm_start: {uri}: not a UTF-8 text file") from error


def _number(text: str | None, uri: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise UserError(f"search.warm_start: {uri}: '{text}' is not a score") from error
    return number if math.isfinite(number) else None


def _values(row: Mapping[str, str]) -> dict[str, Any]:
    ours = any(name.startswith(_PREFIX) for name in row)
    cells = {
        name.removeprefix(_PREFIX): unescape_formula(text) if ours else text
        for name, text in row.items()
        if text and (name.startswith(_PREFIX) if ours else name != _SCORE)
    }
    return {name: _value(text) for name, text in cells.items()}


def _value(text: str) -> Any:
    plain = text.lower() if text in ("True", "False") else text
    try:
        value = json.loads(plain)
    except json.JSONDecodeError:
        return text
    return value if isinstance(value, int | float) else text
