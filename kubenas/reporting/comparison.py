"""What the result compares with: guessing, the median trial, the first one, random search."""

import math
from collections.abc import Iterator
from statistics import median

from kubenas.reporting.formatting import percent, score
from kubenas.reporting.random_search import describe_random_search, estimate_random_search
from kubenas.reporting.report_input import ReportInput

_MIN_TRIALS = 3
"""Scored trials below which a median says nothing that the leaderboard does not."""


def comparison_sentences(report: ReportInput) -> list[str]:
    """Sentences, the yardstick of the test split first; none where there is nothing to say."""
    baseline = estimate_random_search(report)
    at_random = [] if baseline is None else [describe_random_search(baseline, report.objective)]
    return [*_guessing(report), *_other_trials(report), *at_random]


def _guessing(report: ReportInput) -> Iterator[str]:
    """The test accuracy of the class that is most frequent in training (no-information rate)."""
    if report.evaluation is None or report.schema is None:
        return
    seen, tested = (report.schema.splits[s].class_counts for s in ("train", "test"))
    common = max(range(len(seen)), key=seen.__getitem__)
    if total := sum(tested):
        name, share = report.schema.classes[common], percent(tested[common] / total)
        yield f"Answering \u201c{name}\u201d every time is right on {share}."


def _other_trials(report: ReportInput) -> Iterator[str]:
    scores = {
        trial.number: trial.end.score
        for trial in report.peers
        if trial.end and trial.end.score is not None and math.isfinite(trial.end.score)
    }
    if len(scores) < _MIN_TRIALS:
        return
    first, best = min(scores), next(iter(scores))
    told = {number: score(scores[number], report.objective) for number in (first, best)}
    words = f"The best trial has {report.objective} {told[best]}"
    words += f", the median trial {score(median(scores.values()), report.objective)}"
    if first == best:
        yield f"{words}; the best was also the first with a score."
    else:
        yield f"{words}, the first with a score (trial {first}) {told[first]}."
