"""The headline and the key figures at the top of the report and of the model card."""

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
from kubenas.reporting.simple_models import is_network_better, simple_model_sentence
from kubenas.training.evaluation import Evaluation
from kubenas.trial import Outcome


@dataclass(frozen=True)
class Tile:
    """One key figure with its label and a note."""

    label: str
    value: str
    note: str = ""


def headline(report: ReportInput) -> str:
    """Returns the result in one to three sentences.

    The first one says so if a simple model is as good as the network.
    """
    chosen, evaluation = report.chosen, report.evaluation
    if chosen is None:
        return "No trial has completed yet." if not report.state.closed else "No trial completed."
    if evaluation is None:
        best = report.ranked[0].end if report.ranked else None
        value = score(best.score if best else None, report.objective)
        far = "" if report.state.closed else " so far"
        return f"Best of {_trials(report)}{far}: {report.objective} {value}."
    warning = "" if is_network_better(report) else f"{simple_model_sentence(report)} "
    result = (
        f"Test accuracy {percent(evaluation.accuracy)} ({_interval(evaluation)}) with the network"
        f" of trial {chosen.trial}, selected from {_trials(report)}. {promotion_headline(report)}"
    )
    return f"{warning}{result}".strip()


def tiles(report: ReportInput) -> list[Tile]:
    """Returns the key figures that are known so far, the most important first."""
    found = [*_quality(report), *_cost(report)]
    seconds = sum(report.seconds_by_step.values())
    found.append(Tile("Duration", duration(seconds), "all steps" if report.finished else "so far"))
    return found


def _quality(report: ReportInput) -> list[Tile]:
    found = []
    if (evaluation := report.evaluation) is not None:
        accuracy = percent(evaluation.accuracy, 2)
        found.append(Tile("Test accuracy", accuracy, _interval(evaluation)))
    if report.ranked and (end := report.ranked[0].end):
        found.append(
            Tile(
                "Best score",
                score(end.score, report.objective),
                f"{report.objective} of trial {end.trial}",
            )
        )
    return found


def _cost(report: ReportInput) -> list[Tile]:
    chosen = report.chosen
    found = []
    if chosen and chosen.parameters is not None:
        note = f"of the {'selected' if report.decided else 'best'} network"
        found.append(Tile("Weights", compact(chosen.parameters), note))
    if chosen and chosen.latency_ms is not None:
        note = "per example, on the machine that trained it"
        found.append(Tile("Latency", milliseconds(chosen.latency_ms), note))
    ended = len(report.state.ended())
    failed = ended - len(report.state.ended(Outcome.COMPLETED))
    note = (
        f"{count(failed)} without a score" if failed else "all scored" if ended else "none finished"
    )
    found.append(Tile("Trials", count(ended), note))
    return found


def _interval(evaluation: Evaluation) -> str:
    interval = evaluation.accuracy_interval
    bounds = percent_interval(interval.low, interval.high)
    return f"95 % CI {bounds}, n = {count(evaluation.examples)}"


def _trials(report: ReportInput) -> str:
    return plural(len(report.state.ended()), "trial")
