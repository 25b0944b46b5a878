"""Drawings as inline SVG. Built as an element tree, so that every text is escaped."""

from xml.etree import ElementTree as ET

from markupsafe import Markup

Attribute = str | float | None


class Drawing:
    """One ``<svg>`` of ``width`` x ``height`` user units; ``label`` says in words what it shows.

    Attributes are given with underscores for dashes, ``css`` for ``class``. Colours come from
    classes that report.css defines, so that a drawing follows the page's colour scheme.
    """

    def __init__(self, width: float, height: float, *, label: str) -> None:
        self.width = width
        self.height = height
        box = f"0 0 {_number(width)} {_number(height)}"
        self._root = ET.Element("svg", {"viewBox": box, "role": "img", "aria-label": label})
        self._root.set("style", f"max-width:{_number(width * 1.25)}px")
        self._root.set("width", _number(width))
        self._root.set("height", _number(height))
        self._stack = [self._root]

    def add(self, tag: str, *, text: str = "", tip: str = "", **attributes: Attribute) -> None:
        """Adds one element; ``tip`` is shown when the pointer rests on it."""
        element = self._append(tag, attributes)
        element.text = text
        if tip:
            ET.SubElement(element, "title").text = tip

    def text(self, x: float, y: float, text: str, **attributes: Attribute) -> None:
        """Adds a text whose baseline starts at (x, y)."""
        self._append("text", {"x": x, "y": y, **attributes}).text = text

    def open(self, tag: str, **attributes: Attribute) -> None:
        """Adds one element; what follows goes into it, up to :meth:`close`."""
        self._stack.append(self._append(tag, attributes))

    def close(self) -> None:
        """Ends what was opened last."""
        self._stack.pop()

    def markup(self) -> Markup:
        """The drawing, to be put into a page as it is."""
        # The element tree has escaped every text and attribute.
        return Markup(ET.tostring(self._root, encoding="unicode"))  # noqa: S704

    def _append(self, tag: str, attributes: dict[str, Attribute]) -> ET.Element:
        given = {
            "class" if name == "css" else name.replace("_", "-"): _attribute(value)
            for name, value in attributes.items()
            if value is not None
        }
        return ET.SubElement(self._stack[-1], tag, given)


def path(points: list[tuple[float, float]]) -> str:
    """The ``d`` of a line through ``points``."""
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def shorten(text: str, limit: int) -> str:
    """``text`` with its end cut where it has more than ``limit`` characters."""
    return text if len(text) <= limit else text[: max(1, limit - 1)].rstrip() + "\u2026"


def _attribute(value: str | float) -> str:
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
