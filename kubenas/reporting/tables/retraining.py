"""Retraining results of each candidate over its seeds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.reporting.report_input import Retrained


@dataclass(frozen=True)
class Candidate:
    """The retraining results of one candidate."""

    trial: int
    scores: tuple[float | None, ...]
    """Scores by seed; None for a failed or pending retraining, and with the validation split."""
    mean: float | None
    spread: float | None
    """Standard deviation over the seeds; None with fewer than two scores."""
    seconds: float
    with_validation: bool
    """Whether it was trained on the validation split, too."""


def summarize_candidates(retrained: Sequence[Retrained]) -> list[Candidate]:
    """Returns the candidates in the order of their retraining."""
    trials = dict.fromkeys(each.trial for each in retrained)
    seeds = sorted({each.seed for each in retrained})
    return [_candidate(n, [each for each in retrained if each.trial == n], seeds) for n in trials]


def _candidate(trial: int, runs: Sequence[Retrained], seeds: Sequence[int]) -> Candidate:
    by_seed = {run.seed: run.score for run in runs}
    scored = [run.score for run in runs if run.score is not None]
    return Candidate(
        trial=trial,
        scores=tuple(by_seed.get(seed) for seed in seeds),
        mean=statistics.fmean(scored) if scored else None,
        spread=statistics.stdev(scored) if len(scored) > 1 else None,
        seconds=sum(run.seconds for run in runs),
        with_validation=any(run.with_validation for run in runs),
    )
