"""A .csv of known results: hyperparameters and a score in each row, or a leaderboard of ours."""

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
    """The hyperparameters of each row that has a score, best first.

    Columns are hyperparameters, 'score' apart; of a leaderboard those named ``values.<name>``
    are, and its ranks count. Numbers, true and false are read as such; empty is "not given".

    Args:
        uri: of the file.
        direction: of the score.

    Raises:
        UserError: there is no such file, or it is no such table.
    """
    rows = list(csv.DictReader(io.StringIO(_text(uri), newline="")))
    if not rows or _SCORE not in rows[0]:
        raise UserError(f"search.warm_start: {uri}: there must be rows and a column 'score'")
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
        raise UserError(f"search.warm_start: {uri}: not a text in UTF-8") from error


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
