"""Names and values that are printed in tables, logs and terminals."""

import reprlib
import unicodedata
from typing import Any

from kubenas.errors import UserError

_CONTROLS = {"Cc", "Zl", "Zp"}
_BIDIRECTIONAL = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


_SHORT = reprlib.Repr()
_SHORT.maxstring = 40


def shown(value: Any) -> str:
    """Returns ``value`` as messages show it: control characters are escaped, long values cut."""
    return _SHORT.repr(value)


def check_name(name: str, *, origin: str, what: str, remedy: str) -> None:
    """Checks that ``name`` is safe to print: valid Unicode without control characters.

    Args:
        name: the name of a class or of a file.
        origin: the source, for error messages.
        what: the kind of name, for error messages.
        remedy: the remedy, for error messages.

    Raises:
        UserError: The name is not valid Unicode, or contains control characters.
    """
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{origin}: {what} {name!a} is not valid UTF-8; {remedy}") from error
    if any(map(is_control, name)):
        raise UserError(f"{origin}: {what} {name!a} contains control characters; {remedy}")


def is_control(character: str) -> bool:
    """Returns whether a character is a control character, or changes the direction of the text."""
    return unicodedata.category(character) in _CONTROLS or character in _BIDIRECTIONAL
