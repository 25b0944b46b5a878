"""Drawings as inline SVG, built as an element tree that escapes every text."""

from xml.etree import ElementTree as ET

from markupsafe import Markup

Attribute = str | float | None


class Drawing:
    """An ``<svg>`` of ``width`` x ``height`` user units; ``label`` is its text alternative.

    Attribute names use underscores for dashes and ``css`` for ``class``. Colours are defined by
    classes in report.css, so a drawing follows the colour scheme of the page.
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
        """Adds one element with the tooltip ``tip``."""
        element = self._append(tag, attributes)
        element.text = text
        if tip:
            ET.SubElement(element, "title").text = tip

    def text(self, x: float, y: float, text: str, **attributes: Attribute) -> None:
        """Adds a text whose baseline starts at (x, y)."""
        self._append("text", {"x": x, "y": y, **attributes}).text = text

    def open(self, tag: str, **attributes: Attribute) -> None:
        """Adds one element that contains the elements added until :meth:`close`."""
        self._stack.append(self._append(tag, attributes))

    def close(self) -> None:
        """Closes the element that was opened last."""
        self._stack.pop()

    def markup(self) -> Markup:
        """Returns the drawing as markup that needs no escaping."""
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
    """Returns the SVG path data of a line through ``points``."""
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def shorten(text: str, limit: int) -> str:
    """Truncates ``text`` to ``limit`` characters, with an ellipsis."""
    return text if len(text) <= limit else text[: max(1, limit - 1)].rstrip() + "\u2026"


def _attribute(value: str | float) -> str:
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
