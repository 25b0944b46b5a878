"""Plots of the search: best score so far, score against cost, and learning curves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kubenas.reporting.formatting import (
    compact,
    count,
    duration,
    milliseconds,
    plural,
    score,
)
from kubenas.reporting.plots.plot import Axis, Plot, padded
from kubenas.reporting.plots.sampling import sample_evenly
from kubenas.reporting.plots.score_axis import count_outside, score_axis
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.tables import Point, Step, incumbents, pareto_front

MAX_DOTS = 1_000
MAX_CURVES = 150
_HIGHLIGHTED = 5


@dataclass(frozen=True)
class Figure:
    """A plot with a title and a caption."""

    title: str
    drawing: Markup
    caption: str = ""


def best_by_trial(report: ReportInput) -> Figure | None:
    """Plots the best score so far against the number of ended trials."""
    steps = incumbents(report.state, report.direction)
    x = Axis(0, max(1, len(steps)), "number of ended trials", lambda v: count(round(v)), whole=True)
    return _best(report, steps, x, [float(step.ended) for step in steps])


def best_by_time(report: ReportInput) -> Figure | None:
    """Plots the best score so far against the time in which trials ran."""
    steps = incumbents(report.state, report.direction)
    last = max((step.seconds for step in steps), default=1.0)
    size, unit = next(
        (s, u)
        for s, u in ((3600, "hours"), (60, "minutes"), (1, "seconds"))
        if last >= 2 * s or s == 1
    )
    x = Axis(0, max(last / size, 1e-3), f"trial time, {unit}", lambda v: f"{v:g}")
    return _best(report, steps, x, [step.seconds / size for step in steps])


def score_by_cost(report: ReportInput, cost: str) -> Figure | None:
    """Plots score against ``parameters``, ``flops`` or ``latency_ms``, with the Pareto front."""
    points = [
        Point(trial.number, float(value), trial.end.score)
        for trial in report.peers
        if trial.end
        and trial.end.score is not None
        and math.isfinite(trial.end.score)
        and (value := getattr(trial.end, cost)) is not None
        and value > 0
    ]
    if len(points) < 2:
        return None
    front = pareto_front(points, report.direction)
    plot = _cost_plot(report, cost, points)
    chosen = report.chosen
    on_front = {point.trial for point in front}
    for point in sample_evenly(points, MAX_DOTS):
        if point.trial not in on_front:
            plot.dot(point.cost, point.score, "faint", tip=_cost_tip(point, report, cost))
    plot.steps([(p.cost, p.score) for p in front], "second")
    for point in sample_evenly(front, MAX_DOTS):
        css = "first" if chosen and point.trial == chosen.trial else "second"
        plot.dot(point.cost, point.score, css, tip=_cost_tip(point, report, cost), radius=4.5)
    _mark_selected(plot, points, report, cost)
    hidden = _hidden([p.score for p in points], plot.y)
    caption = f"{_sampled(len(points), 'network')}; the line is the Pareto front"
    caption += f" ({plural(len(front), 'network')}).{hidden}{_rung_note(report)}"
    return Figure(f"Score against {_COST_NAMES[cost]}", plot.markup(), caption)


def learning_curves(report: ReportInput) -> Figure | None:
    """Plots the objective by epoch: the best trials in colour, a sample of the others in grey."""
    objective = report.objective
    curves = {
        trial.number: curve
        for trial in report.ranked
        if len(curve := _curve(report, trial.number)) >= 2
    }
    if not curves:
        return None
    order = list(curves)
    values = [y for curve in curves.values() for _, y in curve]
    y = score_axis(values, objective, report.direction)
    longest = max(x for curve in curves.values() for x, _ in curve)
    x = Axis(1, max(2, longest), "epoch", lambda value: f"{value:.0f}", whole=True)
    plot = Plot(x, y, label=f"Learning curves of {len(curves)} trials: {objective} by epoch")
    top, rest = order[:_HIGHLIGHTED], order[_HIGHLIGHTED:]
    for number in sample_evenly(rest, MAX_CURVES):
        plot.line(curves[number], "faint", tip=f"trial {number}")
    plot.legend([(str(number), f"top{place}") for place, number in enumerate(top)])
    for place, number in reversed(list(enumerate(top))):
        plot.line(curves[number], f"top{place}", tip=f"trial {number}")
    caption = f"{plural(len(curves), 'trial')}; the best are in colour, labelled by trial number."
    return Figure("Learning curves", plot.markup(), caption)


_COST_NAMES = {
    "parameters": "number of weights",
    "flops": "FLOPs",
    "latency_ms": "latency",
}
_AXES = {
    "parameters": "weights",
    "flops": "FLOPs per example",
    "latency_ms": "latency per example, ms",
}


def _best(
    report: ReportInput, steps: Sequence[Step], x: Axis, places: Sequence[float]
) -> Figure | None:
    scored = [(p, s) for p, s in zip(places, steps, strict=True) if s.score is not None]
    if not scored:
        return None
    scores = [step.score for _, step in scored if step.score is not None]
    plot = Plot(
        x,
        score_axis(scores, report.objective, report.direction),
        label=f"Best {report.objective} so far against {x.name}; {len(scored)} trials scored,"
        f" best {score(scored[-1][1].best, report.objective)}",
    )
    for place, step in sample_evenly(scored, MAX_DOTS):
        if not step.improved:
            plot.dot(place, step.score or 0.0, "faint", tip=_step_tip(step, report))
    line = [(place, step.best or 0.0) for place, step in scored if step.improved]
    plot.steps([*line, (places[-1], line[-1][1])], "first")
    for place, step in sample_evenly([pair for pair in scored if pair[1].improved], MAX_DOTS):
        plot.dot(place, step.score or 0.0, "first", tip=_step_tip(step, report), radius=4)
    caption = f"Each dot is a trial; the line is the best score so far.{_hidden(scores, plot.y)}"
    if any(trial.rung for trial in report.ranked):
        caption += " Trials of a higher rung rank above all trials of lower rungs."
    return Figure(f"Best score by {x.name.split(',')[0]}", plot.markup(), caption)


def _cost_plot(report: ReportInput, cost: str, points: Sequence[Point]) -> Plot:
    low, high = min(p.cost for p in points), max(p.cost for p in points)
    name = _AXES[cost]
    write = _plain_ms if cost == "latency_ms" else _weights
    log = high > 8 * low
    if log:
        low, high = low / 1.15, high * 1.15
    else:
        low, high = padded(low, high)
        low = max(low, 0.0)
    y = score_axis([p.score for p in points], report.objective, report.direction)
    x = Axis(low, high, name + (" (log scale)" if log else ""), write, log=log)
    return Plot(x, y, label=f"{report.objective} against {name} of {len(points)} networks")


def _mark_selected(plot: Plot, points: Sequence[Point], report: ReportInput, cost: str) -> None:
    chosen = report.chosen
    for point in points:
        if chosen and point.trial == chosen.trial:
            plot.dot(
                point.cost, point.score, "first", tip=_cost_tip(point, report, cost), radius=5.5
            )
            anchor = "end" if plot.x.share(point.cost) > 0.75 else "start"
            plot.name(
                point.cost,
                point.score,
                "selected" if report.decided else "best",
                "mark",
                anchor=anchor,
            )


def _curve(report: ReportInput, number: int) -> list[tuple[float, float]]:
    return [
        (float(epoch.epoch + 1), value)
        for epoch in report.histories.get(number, ())
        if (value := epoch.metrics.get(report.objective)) is not None and math.isfinite(value)
    ]


def _step_tip(step: Step, report: ReportInput) -> str:
    return (
        f"trial {step.trial}: {score(step.score, report.objective)} after {duration(step.seconds)}"
    )


def _cost_tip(point: Point, report: ReportInput, cost: str) -> str:
    amount = {
        "parameters": plural(round(point.cost), "weight"),
        "flops": plural(round(point.cost), "FLOP"),
        "latency_ms": milliseconds(point.cost),
    }[cost]
    return f"trial {point.trial}: {score(point.score, report.objective)}, {amount}"


def _plain_ms(value: float) -> str:
    return f"{value:.6g}"


def _weights(value: float) -> str:
    return compact(value, 6)


def _sampled(number: int, noun: str) -> str:
    every = plural(number, noun)
    return every if number <= MAX_DOTS else f"{every} (about {count(MAX_DOTS)} drawn)"


def _rung_note(report: ReportInput) -> str:
    rung = max((trial.rung for trial in report.peers), default=0)
    return f" Scores after {plural(rung, 'epoch')}." if rung else ""


def _hidden(scores: Sequence[float], axis: Axis) -> str:
    hidden = count_outside(scores, axis)
    return f" {plural(hidden, 'outlier')} drawn hollow at the edge." if hidden else ""
