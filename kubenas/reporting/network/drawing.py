"""SVG drawing of a network: a box for each layer, edges between them."""

import itertools
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kubenas.reporting.formatting import compact, plural
from kubenas.reporting.network.graph import Box, build_boxes
from kubenas.reporting.network.layout import BOX_HEIGHT, BOX_WIDTH, layout_graph
from kubenas.reporting.plots import Drawing, shorten

_MARGIN = 6.0


def draw_network(architecture: Mapping[str, Any]) -> Markup | None:
    """Draws the network, input at the top; None if it has no layers."""
    found = build_boxes(architecture)
    if not found:
        return None
    plan = layout_graph({box.name: box.inbound for box in found})
    weights = sum(box.parameters for box in found)
    draw = Drawing(
        plan.width + 2 * _MARGIN,
        plan.height + 2 * _MARGIN,
        label=f"Network: {plural(len(found), 'box', 'boxes')}, {plural(weights, 'weight')}: "
        + ", ".join(box.title for box in found[:40]),
    )
    for edge in plan.edges:
        draw.add("path", d=_edge(edge), css="edge")
    for box in found:
        x, y = plan.centres[box.name]
        _draw_box(draw, box, x - BOX_WIDTH / 2 + _MARGIN, y - BOX_HEIGHT / 2 + _MARGIN)
    return draw.markup()


def _draw_box(draw: Drawing, box: Box, x: float, y: float) -> None:
    extras = ", ".join(box.extras)
    weights = plural(box.parameters, "weight") if box.parameters else "no weights"
    tip = f"{box.name}: {box.title}; {extras or 'no activation'}; output {box.shape}; {weights}"
    draw.add(
        "rect", x=x, y=y, width=BOX_WIDTH, height=BOX_HEIGHT, rx=7, css=f"box {box.kind}", tip=tip
    )
    right = x + BOX_WIDTH - 10
    draw.text(x + 10, y + 19, shorten(box.title, 25 - len(box.shape)), css="box-title")
    draw.text(right, y + 19, box.shape, css="box-note", text_anchor="end")
    draw.text(x + 10, y + 36, shorten(extras, 22), css="box-note")
    if box.parameters:
        draw.text(right, y + 36, compact(box.parameters), css="box-note", text_anchor="end")


def _edge(points: tuple[tuple[float, float], ...]) -> str:
    """Returns the path from the bottom of the first box through the lanes to the last box."""
    moved = [(x + _MARGIN, y + _MARGIN) for x, y in points]
    (x0, y0), (x1, y1) = moved[0], moved[-1]
    stops = [(x0, y0 + BOX_HEIGHT / 2)]
    for x, y in moved[1:-1]:
        stops += [(x, y - BOX_HEIGHT / 2), (x, y + BOX_HEIGHT / 2)]
    stops.append((x1, y1 - BOX_HEIGHT / 2))
    d = f"M{stops[0][0]:.1f} {stops[0][1]:.1f}"
    for (ax, ay), (bx, by) in itertools.pairwise(stops):
        middle = (ay + by) / 2
        d += f"C{ax:.1f} {middle:.1f} {bx:.1f} {middle:.1f} {bx:.1f} {by:.1f}"
    return d
