"""Texts of users in the cells of a .csv that people open in a spreadsheet."""

from typing import Any

_MARK = "'"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(cell: Any) -> Any:
    """``cell`` with a mark before a text that a spreadsheet would run as a formula."""
    if isinstance(cell, str) and cell.startswith((*_FORMULAS, _MARK)):
        return _MARK + cell
    return cell


def unescape_formula(text: str) -> str:
    """What the cell ``text`` was before it was escaped; other text is returned unchanged."""
    inner = text.removeprefix(_MARK)
    return inner if text != inner and inner.startswith((*_FORMULAS, _MARK)) else text
