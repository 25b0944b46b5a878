"""The new model against the one in production, in words and figures."""

from dataclasses import dataclass

from kubenas.reporting.formatting import compact, milliseconds, percent
from kubenas.reporting.report_input import ReportInput
from kubenas.serving.champion import ModelFigures
from kubenas.serving.gate import Decision

_NONE = "\u2013"


@dataclass(frozen=True)
class MetricRow:
    """One figure of both models."""

    name: str
    challenger: str
    champion: str


def promotion_sentence(report: ReportInput) -> str:
    """What was decided, and why; empty: nothing yet."""
    decision, record = report.decision, report.promotion
    if decision is None:
        return ""
    if record is not None:
        return f"Promoted, as record {record.number} of the champion log: {record.why}."
    words = {
        "promote": "It is to be promoted",
        "keep": "Not promoted, what is in production stays",
        "refuse": "Refused, what is in production stays",
    }
    return f"{words[decision.verdict]}: {decision.reason}."


def promotion_headline(report: ReportInput) -> str:
    """What became of it, in a few words; empty: nothing yet."""
    decision, record = report.decision, report.promotion
    if decision is None:
        return ""
    if record is not None:
        return f"It was promoted (record {record.number} of the champion log)."
    return "It is to be promoted." if decision.verdict == "promote" else "It was not promoted."


def metric_rows(decision: Decision) -> list[MetricRow]:
    """Both models on the same test split; empty: they were not compared."""
    if decision.champion is None:
        return []
    challenger, champion = _figures(decision.challenger), _figures(decision.champion)
    return [MetricRow(name, challenger[name], champion[name]) for name in challenger]


def _figures(model: ModelFigures) -> dict[str, str]:
    return {
        "Accuracy": percent(model.accuracy, 2),
        "Log loss": f"{model.loss:.4f}",
        "Macro F1": f"{model.macro_f1:.4f}",
        "Weights": _NONE if model.parameters is None else compact(model.parameters),
        "Operations for one example": _NONE if model.flops is None else compact(model.flops),
        "Latency": _NONE if model.latency_ms is None else milliseconds(model.latency_ms),
    }
