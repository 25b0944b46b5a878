"""Escaping of user texts in Markdown."""

import re

_MARKS = re.compile(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])")
_ADDRESS = re.compile(r"(?i)\b(https?:|ftp:|www)(?=[/.])")


def escape(text: str) -> str:
    """Returns ``text`` on one line, with Markdown and HTML syntax escaped."""
    line = _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
    line = line.replace("&", "&amp;").replace("<", "&lt;")
    return _ADDRESS.sub(r"\1\\", line)
