"""Plots of search curves as standalone SVG files."""

import math
from collections.abc import Sequence

from kubenas.reporting.plots.plot import HEIGHT, WIDTH, Axis, Plot
from searching.comparison import AlgorithmSummary, Comparison
from searching.tables.table import Front

_COLOURS = ("#0b62a8", "#2a8f6f", "#c4570b", "#8a5cc0", "#b08a00", "#d0457a", "#5b6675", "#1a2230")
_LEGEND = 170
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #5b6675; }
.grid { stroke: #e3e7ec; } .base { stroke: #a9b3c0; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
"""


def draw_curves(comparison: Comparison, algorithms: Sequence[str]) -> str:
    """Plots mean regret or dominated share over trainings, with a line per algorithm."""
    shown = [comparison.summaries[name] for name in algorithms if name in comparison.summaries]
    plot = _plot(comparison, shown)
    for number, summary in enumerate(shown):
        curve = summary.curves.mean(axis=0)
        points = [(float(n), float(value)) for n, value in enumerate(curve, 1)]
        plot.line(points, f"series-{number}", tip=summary.algorithm)
    colours = "".join(f".series-{n} {{ stroke: {_COLOURS[n]}; }} " for n in range(len(shown)))
    names = "".join(_entry(number, summary.algorithm) for number, summary in enumerate(shown))
    width = WIDTH + _LEGEND
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {HEIGHT:g}"'
        f' width="{width:g}" height="{HEIGHT:g}">'
        f"<style>{_STYLE}{colours}</style>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{plot.markup()}{names}</svg>\n'
    )


def _plot(comparison: Comparison, shown: Sequence[AlgorithmSummary]) -> Plot:
    means = [summary.curves.mean(axis=0) for summary in shown]
    high = max(float(curve.max()) for curve in means)
    x = Axis(0, comparison.conditions.budget, "full trainings", lambda v: f"{v:.0f}", whole=True)
    label = f"{comparison.table.name}, {comparison.conditions.in_flight} in flight"
    if isinstance(comparison.table.goal, Front):
        low = min(float(curve[len(curve) // 10]) for curve in means)
        y = Axis(low, 1.0, f"dominated share, {label}", lambda v: f"{v:.4g}")
    else:
        lowest = min(float(curve[curve > 0].min()) for curve in means if (curve > 0).any())
        low = max(lowest, high * 1e-3)
        y = Axis(low, high, f"mean regret, {label}", lambda v: f"{v:.3g}", log=True)
    return Plot(x, y, label=label)


def _entry(number: int, name: str) -> str:
    y = 40 + 20 * number
    at = math.floor(WIDTH) + 8
    return (
        f'<line class="line series-{number}" x1="{at}" x2="{at + 18}" y1="{y}" y2="{y}"/>'
        f'<text x="{at + 24}" y="{y + 4}">{name}</text>'
    )
