"""Baselines of the result: simple models, default network, median trial and random search."""

import math
from collections.abc import Iterator
from statistics import median

from kubenas.reporting.formatting import score
from kubenas.reporting.random_search import describe_random_search, estimate_random_search
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.simple_models import (
    default_network_sentence,
    is_network_better,
    simple_model_sentence,
)

_MIN_TRIALS = 3
"""Minimum number of scored trials for a comparison with the median trial."""


def comparison_sentences(report: ReportInput) -> list[str]:
    """Returns one sentence for each baseline that is available, the simple models first.

    If a simple model is as good as the network, the headline says so instead.
    """
    baseline = estimate_random_search(report)
    at_random = [] if baseline is None else [describe_random_search(baseline, report.objective)]
    simple = [simple_model_sentence(report)] if is_network_better(report) else []
    others = [*simple, default_network_sentence(report)]
    return [*filter(None, others), *_other_trials(report), *at_random]


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
