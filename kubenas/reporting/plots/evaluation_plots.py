"""Plots of the evaluation on the test split: confusion matrix, ROC curve and calibration."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from kubenas.reporting.formatting import percent, plural
from kubenas.reporting.plots.plot import Axis, Plot
from kubenas.reporting.plots.svg import Drawing, shorten
from kubenas.training.evaluation import CalibrationBin, RocPoint

MAX_CLASSES_DRAWN = 30


class Confused(NamedTuple):
    """Examples of one class that were predicted as another."""

    true: str
    predicted: str
    examples: int
    share: float
    """Share of all examples of the true class."""


def confused_pairs(
    confusion: Sequence[Sequence[int]], classes: Sequence[str], most: int
) -> list[Confused]:
    """Returns the most frequent confusions, the largest first."""
    pairs = [
        Confused(classes[i], classes[j], number, number / sum(row))
        for i, row in enumerate(confusion)
        for j, number in enumerate(row)
        if i != j and number
    ]
    return sorted(pairs, key=lambda pair: (-pair.examples, pair.true, pair.predicted))[:most]


def confusion_matrix(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> Markup:
    """Draws a heat map: rows are true classes, columns predictions; correct blue, wrong orange."""
    n = len(classes)
    cell = 44.0 if n <= 12 else 30.0 if n <= 20 else 24.0
    letters = min(14, max(len(name) for name in classes))
    side = 26.0 + 7.2 * letters
    top = 24.0 + (7.2 * min(letters, 8) if letters > 3 else 14.0)
    draw = Drawing(side + n * cell + 34, top + n * cell + 4, label=_words(confusion, classes))
    draw.text(side, 12, "predicted \u2192", css="axis")
    draw.text(0, top - 6, "true \u2193", css="axis")
    for j, name in enumerate(classes):
        x, y = side + (j + 0.5) * cell, top - 6
        if letters > 3:
            turn = f"rotate(-45 {x:.1f} {y:.1f})"
            draw.text(x, y, shorten(name, 10), css="label", transform=turn)
        else:
            draw.text(x, y, name, css="label", text_anchor="middle")
    for i, name in enumerate(classes):
        draw.text(
            side - 8,
            top + (i + 0.5) * cell + 4,
            shorten(name, letters),
            css="label",
            text_anchor="end",
        )
        _confusion_row(draw, confusion[i], i, classes, corner=(side, top + i * cell), cell=cell)
    return draw.markup()


def roc_curve(points: Sequence[RocPoint], positive: str) -> tuple[Markup, float]:
    """Draws the ROC curve of the class ``positive``; also returns the AUC (trapezoidal rule)."""
    ordered = sorted((p.false_positive_rate, p.true_positive_rate) for p in points)
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(ordered))
    plot = Plot(
        Axis(0, 1, "false positive rate", lambda v: f"{v:g}"),
        Axis(0, 1, "true positive rate", lambda v: f"{v:g}"),
        label=f"ROC curve for class {positive}; AUC {area:.4f}",
    )
    plot.line([(0, 0), (1, 1)], "guide")
    plot.line(ordered, "first")
    return plot.markup(), area


def calibration_curve(bins: Sequence[CalibrationBin]) -> Markup:
    """Draws accuracy against confidence; the size of a dot shows the number of predictions."""
    filled = [b for b in bins if b.count]
    most = max(b.count for b in filled)
    plot = Plot(
        Axis(0, 1, "confidence of the prediction", lambda v: f"{v:g}"),
        Axis(0, 1, "accuracy", lambda v: f"{v:g}"),
        label="Calibration: " + "; ".join(_bin_words(b) for b in filled),
    )
    plot.line([(0, 0), (1, 1)], "guide")
    plot.line([(b.confidence, b.accuracy) for b in filled], "first")
    for b in filled:
        plot.dot(
            b.confidence,
            b.accuracy,
            "first",
            tip=_bin_words(b),
            radius=2.5 + 5 * math.sqrt(b.count / most),
        )
    return plot.markup()


def _confusion_row(
    draw: Drawing,
    row: Sequence[int],
    i: int,
    classes: Sequence[str],
    *,
    corner: tuple[float, float],
    cell: float,
) -> None:
    (left, top), total = corner, sum(row) or 1
    for j, number in enumerate(row):
        share = number / total
        # Errors are rare: the square root makes a share of 2 % visible.
        strength = share if i == j else math.sqrt(share)
        x = left + j * cell
        draw.add(
            "rect",
            x=x + 1,
            y=top + 1,
            width=cell - 2,
            height=cell - 2,
            rx=3,
            css="cell right" if i == j else "cell wrong",
            style=f"fill-opacity:{0.9 * strength:.2f}",
            tip=f"{classes[i]} predicted as {classes[j]}: {number} of {total} ({percent(share)})",
        )
        if number:
            css = "count strong" if strength > 0.55 else "count"
            css += " small" if cell < 40 else ""
            draw.text(x + cell / 2, top + cell / 2 + 4, str(number), css=css, text_anchor="middle")


def _words(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    pairs = confused_pairs(confusion, classes, 3)
    worst = "; ".join(f"{p.true} predicted as {p.predicted} {p.examples} times" for p in pairs)
    return f"Confusion matrix of {len(classes)} classes. {worst or 'No errors'}."


def _bin_words(b: CalibrationBin) -> str:
    return (
        f"{plural(b.count, 'prediction')} with confidence {percent(b.confidence)}:"
        f" accuracy {percent(b.accuracy)}"
    )
