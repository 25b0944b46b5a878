"""Parser of reports: tables, drawings, texts and external resources."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

VOID = {"meta", "img", "br", "hr", "link", "input"}
LOADS = {"src", "href", "srcset", "action", "data", "poster", "xlink:href"}


class Page(HTMLParser):
    """Parses a page. Raises AssertionError for unbalanced elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in LOADS]
        assert not [name for name, _ in attrs if name.startswith("on")], attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in LOADS]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.texts.append(data.strip())
        if self.open and self.open[-1] in ("td", "th", "b"):
            self.tables[-1][-1][-1] += data.strip()

    @property
    def text(self) -> str:
        return " ".join(text for text in self.texts if text).replace("\u202f", " ")

    @property
    def drawings(self) -> list[ET.Element]:
        """Top-level drawings."""
        found, depth, start = [], 0, 0
        for mark in re.finditer(r"<svg\b|</svg>", self.html):
            start = mark.start() if depth == 0 else start
            depth += 1 if mark.group() == "<svg" else -1
            if depth == 0:
                found.append(ET.fromstring(self.html[start : mark.end()]))
        return found

    def table(self, first: str) -> list[list[str]]:
        """Rows of all tables whose header starts with ``first``."""
        rows = [row for table in self.tables if table[0][0] == first for row in table[1:]]
        return [[cell.replace("\u202f", " ") for cell in row] for row in rows]
