"""Strip plot of one hyperparameter: the scores by value, with medians."""

from statistics import median
from typing import Literal

from markupsafe import Markup

from kubenas.reporting.formatting import score
from kubenas.reporting.plots.plot import Axis
from kubenas.reporting.plots.sampling import sample_evenly
from kubenas.reporting.plots.score_axis import score_axis
from kubenas.reporting.plots.svg import Drawing, shorten
from kubenas.reporting.tables import Group, Importance

_WIDTH, _LABELS, _RIGHT, _ROW, _TOP = 340.0, 116.0, 42.0, 26.0, 6.0
_MAX_ROWS, _MAX_DOTS = 10, 120


def plot_importance(
    importance: Importance, *, objective: str, direction: Literal["max", "min"]
) -> Markup:
    """Draws one strip for each group of values, in the order of the values."""
    groups = importance.groups[:_MAX_ROWS]
    axis = score_axis([s for g in importance.groups for s in g.scores], objective, direction)
    height = _TOP + _ROW * len(groups) + 24
    draw = Drawing(_WIDTH, height, label=_words(importance, objective))
    for row, group in enumerate(groups):
        _strip(draw, group, _TOP + _ROW * (row + 0.5), axis, objective)
    for tick in axis.ticks(3):
        draw.text(
            _across(axis, tick), height - 6, axis.write(tick), css="tick", text_anchor="middle"
        )
    return draw.markup()


def _strip(draw: Drawing, group: Group, y: float, axis: Axis, objective: str) -> None:
    right = _WIDTH - _RIGHT
    draw.text(_LABELS - 10, y + 4, shorten(group.label, 16), css="label", text_anchor="end")
    draw.add("line", x1=_LABELS, x2=right, y1=y, y2=y, css="grid")
    for place, value in enumerate(sample_evenly(sorted(group.scores), _MAX_DOTS)):
        jitter = ((place * 7) % 5 - 2) * 1.6
        css = "dot faint" if axis.low <= value <= axis.high else "dot out faint"
        draw.add("circle", cx=_across(axis, value), cy=y + jitter, r=2.5, css=css)
    middle = median(group.scores)
    x = _across(axis, middle)
    tip = f"median of {len(group.scores)}: {score(middle, objective)}"
    draw.add("line", x1=x, x2=x, y1=y - 9, y2=y + 9, css="line first", tip=tip)
    draw.text(_WIDTH, y + 4, f"n={len(group.scores)}", css="tick", text_anchor="end")


def _across(axis: Axis, value: float) -> float:
    share = min(1.0, max(0.0, axis.share(value)))
    return _LABELS + (_WIDTH - _RIGHT - _LABELS - 8) * share + 2


def _words(importance: Importance, objective: str) -> str:
    medians = "; ".join(
        f"{group.label}: median {score(median(group.scores), objective)} of {len(group.scores)}"
        for group in importance.groups[:_MAX_ROWS]
    )
    return f"{objective} by {importance.name}. {medians}"
