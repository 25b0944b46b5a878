"""A plot with two axes, lines and dots."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kubenas.reporting.plots.svg import Drawing, path

WIDTH, HEIGHT = 480.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 30.0, 44.0
_TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """The range, name and number format of an axis. The name includes the unit."""

    low: float
    high: float
    name: str
    write: Callable[[float], str]
    log: bool = False
    whole: bool = False
    """Whether ticks are whole numbers."""

    def share(self, value: float) -> float:
        """Position of ``value`` on the axis: 0 at the low end, 1 at the high end."""
        low, high, value = self._scale(self.low), self._scale(self.high), self._scale(value)
        return 0.5 if high == low else (value - low) / (high - low)

    def ticks(self, most: int = 5) -> list[float]:
        """Returns at most about ``most`` round numbers inside the range."""
        if self.log:
            return _log_ticks(self.low, self.high, most)
        return _linear_ticks(self.low, self.high, most, whole=self.whole)

    def _scale(self, value: float) -> float:
        return math.log10(max(value, 1e-300)) if self.log else value


class Plot:
    """A plot under construction. Positions are in data units; lines are clipped to the frame."""

    def __init__(self, x: Axis, y: Axis, *, label: str) -> None:
        self.x, self.y = x, y
        self._drawing = Drawing(WIDTH, HEIGHT, label=label)
        self._width, self._height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
        self._draw_axes()

    def line(self, points: Sequence[tuple[float, float]], css: str, *, tip: str = "") -> None:
        """Draws a line through ``points``."""
        if not points:
            return
        self._drawing.open(
            "svg", x=_LEFT, y=_TOP - 2, width=self._width + 2, height=self._height + 4
        )
        at = [(self._across(x) - _LEFT, self._down(y) - _TOP + 2) for x, y in points]
        self._drawing.add("path", d=path(at), css=f"line {css}", tip=tip)
        self._drawing.close()

    def steps(self, points: Sequence[tuple[float, float]], css: str) -> None:
        """Draws a step function that keeps each value up to the next point."""
        stairs = list(points[:1])
        for (_, before), (x, y) in itertools.pairwise(points):
            stairs += [(x, before), (x, y)]
        self.line(stairs, css)

    def dot(self, x: float, y: float, css: str, *, tip: str = "", radius: float = 3) -> None:
        """Draws a dot. A dot outside the range is drawn hollow at the edge."""
        inside = 0 <= self.y.share(y) <= 1
        y = min(max(y, self.y.low), self.y.high)
        self._drawing.add(
            "circle",
            cx=self._across(x),
            cy=self._down(y),
            r=radius,
            css=f"dot {css}" if inside else f"dot out {css}",
            tip=tip,
        )

    def name(self, x: float, y: float, text: str, css: str, *, anchor: str = "start") -> None:
        """Draws a text next to a data point."""
        shift = {"start": 7.0, "end": -7.0}.get(anchor, 0.0)
        self._drawing.text(
            self._across(x) + shift, self._down(y) + 4, text, css=css, text_anchor=anchor
        )

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """Draws a legend of (name, CSS class) entries above the frame."""
        right = WIDTH - _RIGHT
        for text, css in reversed(entries):
            self._drawing.text(right, 14, text, css="tick", text_anchor="end")
            right -= 7.0 * len(text) + 4
            self._drawing.add("line", x1=right - 12, x2=right, y1=10, y2=10, css=f"line {css}")
            right -= 22

    def markup(self) -> Markup:
        """Returns the plot as SVG."""
        return self._drawing.markup()

    def _across(self, x: float) -> float:
        return _LEFT + self._width * self.x.share(x)

    def _down(self, y: float) -> float:
        return _TOP + self._height * (1 - self.y.share(y))

    def _draw_axes(self) -> None:
        draw = self._drawing
        draw.text(0, 14, self.y.name, css="axis")
        draw.text(WIDTH - _RIGHT, HEIGHT - 6, self.x.name, css="axis", text_anchor="end")
        for tick in self.y.ticks():
            y = self._down(tick)
            draw.add("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, css="grid")
            draw.text(_LEFT - 8, y + 4, self.y.write(tick), css="tick", text_anchor="end")
        for tick in self.x.ticks():
            x, base = self._across(tick), HEIGHT - _BOTTOM
            draw.add("line", x1=x, x2=x, y1=base, y2=base + 4, css="base")
            draw.text(x, base + 18, self.x.write(tick), css="tick", text_anchor="middle")
        base = HEIGHT - _BOTTOM
        draw.add("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=base, y2=base, css="base")


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """Extends a range by a margin, so that it is never empty."""
    margin = abs(low) * 0.1 or 0.5 if low == high else (high - low) * share
    return low - margin, high + margin


def _linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    if not high > low:
        return [low]
    rough = (high - low) / most
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * s for s in _TICK_STEPS if size * s >= rough * (1 - 1e-9))
    if whole:
        step = math.ceil(step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = [10.0**e for e in range(first, last + 1)]
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [d * decade for decade in decades for d in digits]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= most:
            break
    every = math.ceil(len(inside) / most)
    return inside[::every] if len(inside) >= 2 else _linear_ticks(low, high, most)
