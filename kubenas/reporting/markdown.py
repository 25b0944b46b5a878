"""Texts of users inside Markdown."""


def escaped(text: str) -> str:
    """``text`` on one line, with nothing in it that Markdown or HTML would take for its own."""
    line = " ".join(text.split())
    for mark, instead in (("&", "&amp;"), ("<", "&lt;"), ("\\", "\\\\"), ("|", "\\|")):
        line = line.replace(mark, instead)
    return line
