"""What was found, in a few figures: the top of the report and of the model card."""

from dataclasses import dataclass

from kubenas.reporting.formatting import (
    compact,
    count,
    duration,
    milliseconds,
    percent,
    percent_interval,
    plural,
    score,
)
from kubenas.reporting.promotion import promotion_headline
from kubenas.reporting.report_input import ReportInput
from kubenas.trial import Outcome


@dataclass(frozen=True)
class Tile:
    """One figure, what it is, and a note."""

    label: str
    value: str
    note: str = ""


def headline(report: ReportInput) -> str:
    """The result in one sentence."""
    chosen, evaluation = report.chosen, report.evaluation
    if chosen is None:
        return "No trial has completed yet." if not report.state.closed else "No trial completed."
    if evaluation is None:
        best = report.ranked[0].end if report.ranked else None
        value = score(best.score if best else None, report.objective)
        far = "" if report.state.closed else " so far"
        return f"The best of {_trials(report)}{far} has {report.objective} {value}."
    return (
        f"Of {_trials(report)}, the network of trial {chosen.trial} was chosen; it is right on"
        f" {percent(evaluation.accuracy)} of {plural(evaluation.examples, 'test example')}."
        f" {promotion_headline(report)}"
    ).strip()


def tiles(report: ReportInput) -> list[Tile]:
    """The figures, most wanted first; those that are not known yet are left out."""
    found = [*_quality(report), *_cost(report)]
    seconds = sum(report.seconds_by_step.values())
    found.append(Tile("Time", duration(seconds), "all steps" if report.finished else "so far"))
    return found


def _quality(report: ReportInput) -> list[Tile]:
    found = []
    if (evaluation := report.evaluation) is not None:
        interval = evaluation.accuracy_interval
        found.append(
            Tile(
                "Test accuracy",
                percent(evaluation.accuracy, 2),
                f"95 % interval {percent_interval(interval.low, interval.high)}",
            )
        )
    if report.ranked and (end := report.ranked[0].end):
        found.append(
            Tile(
                "Best in search",
                score(end.score, report.objective),
                f"{report.objective} of trial {end.trial}",
            )
        )
    return found


def _cost(report: ReportInput) -> list[Tile]:
    chosen = report.chosen
    found = []
    if chosen and chosen.parameters is not None:
        note = f"of the {'chosen' if report.decided else 'best'} network"
        found.append(Tile("Weights", compact(chosen.parameters), note))
    if chosen and chosen.latency_ms is not None:
        note = "one example, on the machine that trained it"
        found.append(Tile("Latency", milliseconds(chosen.latency_ms), note))
    ended = len(report.state.ended())
    failed = ended - len(report.state.ended(Outcome.COMPLETED))
    note = f"{count(failed)} without a score" if failed else "all scored" if ended else "none ended"
    found.append(Tile("Trials", count(ended), note))
    return found


def _trials(report: ReportInput) -> str:
    return plural(len(report.state.ended()), "trial")
