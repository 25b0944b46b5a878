"""report.html: a self-contained page on a running or finished search."""

import base64
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.kinds.registry import example_kind
from kubenas.reporting import formatting
from kubenas.reporting.cards import drift_sentences
from kubenas.reporting.chosen_settings import chosen_settings
from kubenas.reporting.comparison import comparison_sentences
from kubenas.reporting.headline import headline, tiles
from kubenas.reporting.network import draw_network
from kubenas.reporting.plots import (
    MAX_CLASSES_DRAWN,
    Figure,
    best_by_time,
    best_by_trial,
    calibration_curve,
    confused_pairs,
    confusion_matrix,
    learning_curves,
    plot_importance,
    roc_curve,
    score_by_cost,
)
from kubenas.reporting.promotion import metric_rows, promotion_sentence
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.simple_models import linear_features, model_rows
from kubenas.reporting.tables import (
    MIN_TRIALS,
    Row,
    describe_failure,
    group_failures,
    make_leaderboard,
    rank_hyperparameters,
    summarize_candidates,
    trial_costs,
)
from kubenas.reporting.warm_start_summary import summarize_warm_start
from kubenas.search.budget import describe_usage, total_cost
from kubenas.search.rungs import rung_levels

_SHOWN_ROWS = 20
_MAX_ROWS = 500
_MAX_IMPORTANCES = 6
_MAX_PAIRS = 15
_MAX_CLASSES = 100


def render_report(report: ReportInput) -> str:
    """Renders the page. It loads no external resources; texts from users are escaped."""
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
        # The style sheet is part of the package and contains no text of users.
        style=Markup(style),  # noqa: S704
        headline=headline(report),
        tiles=tiles(report),
        comparisons=comparison_sentences(report),
        chosen_settings=chosen_settings(report),
        model_rows=model_rows(report),
        linear_features=linear_features(report),
        **_search(report),
        **_chosen(report),
        **_test(report),
        **_promotion(report),
        **_data(report),
        **_costs(report),
    )


def _filters(report: ReportInput) -> dict[str, Any]:
    return {
        "score": lambda value: formatting.score(value, report.objective),
        "count": formatting.count,
        "compact": lambda value: "\u2013" if value is None else formatting.compact(value),
        "ms": lambda value: "\u2013" if value is None else formatting.milliseconds(value),
        "duration": formatting.duration,
        "percent": formatting.percent,
        "spread": lambda value: formatting.spread(value, report.objective),
        "format_value": formatting.format_value,
        "figure": "{:.4g}".format,
        "describe_failure": describe_failure,
    }


def _search(report: ReportInput) -> dict[str, Any]:
    board = make_leaderboard(
        report.state,
        search=report.search,
        objective=report.objective,
        direction=report.direction,
        objectives=report.objectives,
    )
    rows = board.rows[:_MAX_ROWS]
    return {
        "on_front": sum(bool(row.front) for row in board.rows),
        "rungs": rung_levels(report.config),
        "warm_start": summarize_warm_start(report),
        "figures": [figure for figure in _figures(report) if figure],
        "rows": rows[:_SHOWN_ROWS],
        "more_rows": rows[_SHOWN_ROWS:],
        "rows_left_out": len(board.rows) - len(rows),
        "value_words": _value_words,
        "importances": _importances(report),
        "scored": len(report.peers),
        "min_trials": MIN_TRIALS,
        "failures": group_failures(report.state),
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
    return ", ".join(
        f"{name} {formatting.format_value(value)}" for name, value in row.values.items()
    )


def _importances(report: ReportInput) -> list[dict[str, Any]]:
    return [
        {
            "importance": importance,
            "plot": plot_importance(
                importance, objective=report.objective, direction=report.direction
            ),
        }
        for importance in rank_hyperparameters(report.peers)[:_MAX_IMPORTANCES]
    ]


def _chosen(report: ReportInput) -> dict[str, Any]:
    chosen = report.chosen
    architecture = chosen.architecture if chosen else None
    return {
        "chosen": chosen,
        "network": draw_network(architecture) if architecture else None,
        "candidates": summarize_candidates(report.retrained),
    }


def _test(report: ReportInput) -> dict[str, Any]:
    evaluation = report.evaluation
    if evaluation is None:
        return {"confusion": None, "confused": [], "roc": None, "area": None, "calibration": None}
    names = [scores.name for scores in evaluation.classes]
    drawn = len(names) <= MAX_CLASSES_DRAWN
    roc, area = roc_curve(evaluation.roc, names[1]) if evaluation.roc else (None, None)
    return {
        "confusion": confusion_matrix(evaluation.confusion, names) if drawn else None,
        "confused": confused_pairs(evaluation.confusion, names, _MAX_PAIRS),
        "roc": roc,
        "area": area,
        "calibration": calibration_curve(evaluation.calibration)
        if evaluation.calibration
        else None,
    }


def _promotion(report: ReportInput) -> dict[str, Any]:
    return {
        "promotion": promotion_sentence(report),
        "model_comparison": metric_rows(report.decision) if report.decision else [],
    }


def _data(report: ReportInput) -> dict[str, Any]:
    picture = base64.b64encode(report.examples).decode() if report.examples else None
    schema = report.schema
    return {
        "schema": schema,
        "example_form": _example_form(schema) if schema else "",
        "picture": picture,
        "max_classes": _MAX_CLASSES,
        "drift_sentences": list(drift_sentences(report.drift)) if report.drift else [],
    }


def _example_form(schema: DataSchema) -> str:
    form = example_kind(schema.kind).describe(schema.shape, schema.dtype)
    return form[0].upper() + form[1:]


def _costs(report: ReportInput) -> dict[str, Any]:
    return {
        "trial_costs": trial_costs(report.state),
        "used": describe_usage(report.config.search, total_cost(report.state)),
        "config_yaml": yaml.safe_dump(
            report.config.model_dump(mode="json", exclude_none=True), sort_keys=False
        ),
    }
