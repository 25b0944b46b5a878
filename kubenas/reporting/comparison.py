"""Baselines of the result: majority class, median trial, first trial and random search."""

import math
from collections.abc import Iterator
from statistics import median

from kubenas.reporting.formatting import percent, score
from kubenas.reporting.random_search import describe_random_search, estimate_random_search
from kubenas.reporting.report_input import ReportInput

_MIN_TRIALS = 3
"""Minimum number of scored trials for a comparison with the median trial."""


def comparison_sentences(report: ReportInput) -> list[str]:
    """Returns one sentence for each baseline that is available, the test baseline first."""
    baseline = estimate_random_search(report)
    at_random = [] if baseline is None else [describe_random_search(baseline, report.objective)]
    return [*_majority_class(report), *_other_trials(report), *at_random]


def _majority_class(report: ReportInput) -> Iterator[str]:
    """Yields the test accuracy of predicting the most frequent training class."""
    if report.evaluation is None or report.schema is None:
        return
    seen, tested = (report.schema.splits[s].class_counts for s in ("train", "test"))
    common = max(range(len(seen)), key=seen.__getitem__)
    if total := sum(tested):
        name, share = report.schema.classes[common], percent(tested[common] / total)
        yield f"Baseline: always predicting \u201c{name}\u201d has test accuracy {share}."


def _other_trials(report: ReportInput) -> Iterator[str]:
    scores = {
        trial.number: trial.end.score
        for trial in report.peers
        if trial.end and trial.end.score is not None and math.isfinite(trial.end.score)
    }
    if len(scores) < _MIN_TRIALS:
        return
    first, best = min(scores), next(iter(scores))
    shown = {number: score(scores[number], report.objective) for number in (first, best)}
    words = f"Best trial: {report.objective} {shown[best]}"
    words += f"; median trial: {score(median(scores.values()), report.objective)}"
    if first == best:
        yield f"{words}. The best trial was also the first with a score."
    else:
        yield f"{words}; first trial with a score (trial {first}): {shown[first]}."
