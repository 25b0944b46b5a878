"""Checks of single texts."""

from collections.abc import Sequence
from typing import Any

from kubenas.errors import UserError

MAX_TEXT_BYTES = 1 << 20
"""Longest text in UTF-8, 1 MiB."""

_REFUSED = {list: "a list", dict: "an object", bool: "a boolean"}


def joined_text(values: Sequence[Any], names: Sequence[str], place: str) -> str | None:
    """Returns the values of the columns with texts, joined with newlines.

    Args:
        values: strings and numbers; None and NaN: missing.
        names: the names of the columns.
        place: where the row is, for error messages.

    Returns:
        The text, or None if all values are missing or blank.

    Raises:
        UserError: A value is no text, or the text is too long.
    """
    parts = [_to_text(value, name, place) for value, name in zip(values, names, strict=True)]
    return check_text("\n".join(parts), place)


def check_text(text: str, place: str) -> str | None:
    """Returns ``text``, or None if it is blank.

    Raises:
        UserError: The text is too long, or not valid Unicode.
    """
    if not text or text.isspace():
        return None
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError as error:
        raise UserError(
            f"{place} has a text that is not valid Unicode: {text[error.start]!a} is half of a"
            " character; correct or remove it"
        ) from error
    if size > MAX_TEXT_BYTES:
        raise UserError(
            f"{place} has a text of {size:,} bytes, more than {MAX_TEXT_BYTES >> 20} MiB; shorten"
            " or remove it"
        )
    return text


def _to_text(value: Any, name: str, place: str) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:  # noqa: PLR0124  NaN differs from itself
        return ""
    if type(value) in _REFUSED:
        raise UserError(
            f"{place} has {_REFUSED[type(value)]} in '{name}'; write the text as a string"
        )
    return str(value)


def check_no_size(image_size: tuple[int, int] | None, *, origin: str) -> None:
    """Checks that the config has no size of images.

    Raises:
        UserError: It has one.
    """
    if image_size is not None:
        raise UserError(f"{origin}: data.image_size is for images, but these are texts; remove it")
