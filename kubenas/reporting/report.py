"""report.html: one self-contained page, of a search that runs or is done."""

import base64
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kubenas.reporting import quantities
from kubenas.reporting.beginning import beginning
from kubenas.reporting.cards import drift_words
from kubenas.reporting.comparison import comparisons
from kubenas.reporting.headline import headline, tiles
from kubenas.reporting.network import network_drawing
from kubenas.reporting.plots import (
    MOST_CLASSES_DRAWN,
    Figure,
    best_by_time,
    best_by_trial,
    calibration_curve,
    confused_pairs,
    confusion_matrix,
    learning_curves,
    plot_choice,
    roc_curve,
    score_by_cost,
)
from kubenas.reporting.promotion import figure_rows, promotion_sentence
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.tables import (
    ENOUGH_TRIALS,
    Row,
    candidates,
    failure_groups,
    make_leaderboard,
    rank_choices,
    reason,
    trial_spend,
)
from kubenas.search.budget import describe_usage, total_cost
from kubenas.search.rungs import rung_levels

_SHOWN_ROWS = 20
_MOST_ROWS = 500
_MOST_CHOICES = 6
_MOST_PAIRS = 15
_MOST_CLASSES = 100


def render_report(report: ReportInput) -> str:
    """The page. Nothing in it is loaded from elsewhere; texts of users are escaped."""
    environment = Environment(
        loader=PackageLoader("kubenas.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters(report))
    style = (
        environment.loader.get_source(environment, "report.css")[0] if environment.loader else ""
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        # Ours, without a text of anyone else's in it.
        style=Markup(style),  # noqa: S704
        headline=headline(report),
        tiles=tiles(report),
        comparisons=comparisons(report),
        **_search(report),
        **_chosen(report),
        **_test(report),
        **_promotion(report),
        **_data(report),
        **_costs(report),
    )


def _filters(report: ReportInput) -> dict[str, Any]:
    return {
        "score": lambda value: quantities.score(value, report.objective),
        "count": quantities.count,
        "compact": lambda value: "\u2013" if value is None else quantities.compact(value),
        "ms": lambda value: "\u2013" if value is None else quantities.milliseconds(value),
        "duration": quantities.duration,
        "percent": quantities.percent,
        "spread": lambda value: quantities.spread(value, report.objective),
        "plain": quantities.plain,
        "figure": "{:.4g}".format,
        "reason": reason,
    }


def _search(report: ReportInput) -> dict[str, Any]:
    board = make_leaderboard(
        report.state,
        search=report.search,
        objective=report.objective,
        direction=report.direction,
        objectives=report.objectives,
    )
    rows = board.rows[:_MOST_ROWS]
    return {
        "on_front": sum(bool(row.front) for row in board.rows),
        "rungs": rung_levels(report.config),
        "beginning": beginning(report),
        "figures": [figure for figure in _figures(report) if figure],
        "rows": rows[:_SHOWN_ROWS],
        "more_rows": rows[_SHOWN_ROWS:],
        "rows_left_out": len(board.rows) - len(rows),
        "value_words": _value_words,
        "choices": _choices(report),
        "scored": len(report.peers),
        "enough_trials": ENOUGH_TRIALS,
        "failures": failure_groups(report.state),
    }


def _figures(report: ReportInput) -> list[Figure | None]:
    return [
        best_by_trial(report),
        best_by_time(report),
        score_by_cost(report, "parameters"),
        score_by_cost(report, "latency_ms"),
        score_by_cost(report, "flops") if "flops" in report.config.search.objectives else None,
        learning_curves(report),
    ]


def _value_words(row: Row) -> str:
    return ", ".join(f"{name} {quantities.plain(value)}" for name, value in row.values.items())


def _choices(report: ReportInput) -> list[dict[str, Any]]:
    return [
        {
            "choice": choice,
            "plot": plot_choice(choice, objective=report.objective, direction=report.direction),
        }
        for choice in rank_choices(report.peers)[:_MOST_CHOICES]
    ]


def _chosen(report: ReportInput) -> dict[str, Any]:
    chosen = report.chosen
    architecture = chosen.architecture if chosen else None
    return {
        "chosen": chosen,
        "network": network_drawing(architecture) if architecture else None,
        "candidates": candidates(report.retrained),
    }


def _test(report: ReportInput) -> dict[str, Any]:
    evaluation = report.evaluation
    if evaluation is None:
        return {"confusion": None, "confused": [], "roc": None, "area": None, "calibration": None}
    names = [scores.name for scores in evaluation.classes]
    drawn = len(names) <= MOST_CLASSES_DRAWN
    roc, area = roc_curve(evaluation.roc, names[1]) if evaluation.roc else (None, None)
    return {
        "confusion": confusion_matrix(evaluation.confusion, names) if drawn else None,
        "confused": confused_pairs(evaluation.confusion, names, _MOST_PAIRS),
        "roc": roc,
        "area": area,
        "calibration": calibration_curve(evaluation.calibration)
        if evaluation.calibration
        else None,
    }


def _promotion(report: ReportInput) -> dict[str, Any]:
    return {
        "promotion": promotion_sentence(report),
        "figures_of_both": figure_rows(report.decision) if report.decision else [],
    }


def _data(report: ReportInput) -> dict[str, Any]:
    picture = base64.b64encode(report.examples).decode() if report.examples else None
    return {
        "schema": report.schema,
        "picture": picture,
        "most_classes": _MOST_CLASSES,
        "drift_words": list(drift_words(report.drift)) if report.drift else [],
    }


def _costs(report: ReportInput) -> dict[str, Any]:
    return {
        "spend": trial_spend(report.state),
        "used": describe_usage(report.config.search, total_cost(report.state)),
        "config_yaml": yaml.safe_dump(
            report.config.model_dump(mode="json", exclude_none=True), sort_keys=False
        ),
    }
