"""Texts of users inside Markdown."""

import re

_MARKS = re.compile(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])")
_ADDRESS = re.compile(r"(?i)\b(https?:|ftp:|www)(?=[/.])")


def escaped(text: str) -> str:
    """``text`` on one line, with nothing in it that Markdown or HTML would take for its own."""
    line = _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
    line = line.replace("&", "&amp;").replace("<", "&lt;")
    return _ADDRESS.sub(r"\1\\", line)
