"""Retraining: each candidate over its seeds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.reporting.report_input import Retrained


@dataclass(frozen=True)
class Candidate:
    """One candidate of the search, trained again."""

    trial: int
    scores: tuple[float | None, ...]
    """By seed; None: it failed."""
    mean: float | None
    spread: float | None
    """Standard deviation over the seeds; None for fewer than two."""
    seconds: float


def candidates(retrained: Sequence[Retrained]) -> list[Candidate]:
    """The candidates in the order in which they were retrained."""
    trials = dict.fromkeys(each.trial for each in retrained)
    return [_candidate(n, [each for each in retrained if each.trial == n]) for n in trials]


def _candidate(trial: int, runs: Sequence[Retrained]) -> Candidate:
    scored = [run.score for run in runs if run.score is not None]
    return Candidate(
        trial=trial,
        scores=tuple(run.score for run in runs),
        mean=statistics.fmean(scored) if scored else None,
        spread=statistics.stdev(scored) if len(scored) > 1 else None,
        seconds=sum(run.seconds for run in runs),
    )
