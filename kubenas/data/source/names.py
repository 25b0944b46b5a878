"""Names of classes and files, which end up in tables, logs and on terminals."""

import unicodedata

from kubenas.errors import UserError

_CONTROLS = {"Cc", "Zl", "Zp"}
_BIDIRECTIONAL = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def check_name(name: str, *, origin: str, what: str, remedy: str) -> None:
    """Checks that ``name`` is text of one line that changes nothing around it.

    Args:
        name: of a class or a file.
        origin: says where it is from.
        what: it is, before its name in a message.
        remedy: what to do, at a message's end.

    Raises:
        UserError: it is no Unicode text, or has control characters in it.
    """
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{origin}: {what} {name!a} is no UTF-8 text; {remedy}") from error
    if any(unicodedata.category(c) in _CONTROLS or c in _BIDIRECTIONAL for c in name):
        raise UserError(f"{origin}: {what} {name!a} has control characters in it; {remedy}")
