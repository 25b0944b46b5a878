"""Escaping of CSV cells against formula injection in spreadsheets."""

from typing import Any

_MARK = "'"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(cell: Any) -> Any:
    """Returns ``cell``, quoted if it is text that a spreadsheet would run as a formula."""
    if isinstance(cell, str) and cell.startswith((*_FORMULAS, _MARK)):
        return _MARK + cell
    return cell


def unescape_formula(text: str) -> str:
    """Reverts ``escape_formula``; returns other text unchanged."""
    inner = text.removeprefix(_MARK)
    return inner if text != inner and inner.startswith((*_FORMULAS, _MARK)) else text
