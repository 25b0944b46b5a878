"""The promotion decision and the comparison of the challenger with the champion."""

from dataclasses import dataclass

from kubenas.reporting.formatting import compact, milliseconds, percent
from kubenas.reporting.report_input import ReportInput
from kubenas.serving.champion import ModelMetrics
from kubenas.serving.gate import Decision

_NONE = "\u2013"


@dataclass(frozen=True)
class MetricRow:
    """One metric of both models."""

    name: str
    challenger: str
    champion: str


def promotion_sentence(report: ReportInput) -> str:
    """Returns the decision and its reason; empty if nothing is decided yet."""
    decision, record = report.decision, report.promotion
    if decision is None:
        return ""
    if record is not None:
        return f"Promoted (record {record.number} of the champion log): {record.why}."
    words = {
        "promote": "Promotion is pending",
        "keep": "Not promoted, the champion stays in production",
        "refuse": "Rejected, the champion stays in production",
    }
    return f"{words[decision.verdict]}: {decision.reason}."


def promotion_headline(report: ReportInput) -> str:
    """Returns the decision in a few words; empty if nothing is decided yet."""
    decision, record = report.decision, report.promotion
    if decision is None:
        return ""
    if record is not None:
        return f"Promoted (record {record.number} of the champion log)."
    return "Promotion is pending." if decision.verdict == "promote" else "Not promoted."


def metric_rows(decision: Decision) -> list[MetricRow]:
    """Returns the metrics of both models on the same test split; empty if not compared."""
    if decision.champion is None:
        return []
    challenger, champion = _figures(decision.challenger), _figures(decision.champion)
    return [MetricRow(name, challenger[name], champion[name]) for name in challenger]


def _figures(model: ModelMetrics) -> dict[str, str]:
    return {
        "Accuracy": percent(model.accuracy, 2),
        "Log loss": f"{model.loss:.4f}",
        "Macro F1": f"{model.macro_f1:.4f}",
        "Weights": _NONE if model.parameters is None else compact(model.parameters),
        "Operations per example": _NONE if model.flops is None else compact(model.flops),
        "Latency": _NONE if model.latency_ms is None else milliseconds(model.latency_ms),
    }
