"""The random search baseline: the score that random search would have reached at equal cost.

The estimate uses the trials of the search that were drawn at random. Random search would have run
more of them, because the rest of the cost went into the search. The best score of more draws
cannot be extrapolated without an assumption on the distribution of scores. The baseline is
therefore a lower confidence bound on the median best score of random search. The bound is an order
statistic of the scores and holds for any distribution (Lourie, Cho and He 2024, "Show Your Work
with Confidence"). benchmarks/random_baseline.py measures its coverage.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrc

from kubenas.reporting.formatting import plural, score
from kubenas.reporting.report_input import ReportInput
from kubenas.search.journal import Origin, TrialState
from kubenas.trial import Outcome

_MIN_DRAWS = 3
CONFIDENCE = 0.95
"""Confidence level of the bound."""


@dataclass(frozen=True)
class RandomSearch:
    """The baseline at the cost of the whole search."""

    kind: Literal["measured", "estimated"]
    """Measured on trials reserved for it, or estimated from the oracle's random initial trials."""
    draws: int
    """Number of random trials with a score."""
    trials: float
    """Number of scored trials that random search would have run in the same trial time."""
    best: float
    """Best score of the random trials."""
    at_least: float
    """Lower 95 % confidence bound on the median best score of random search."""


def estimate_random_search(report: ReportInput) -> RandomSearch | None:
    """Returns the baseline; None for too few random trials or if the search itself is random."""
    search = report.config.search
    if search.baseline_share:
        return _baseline(report, "measured", "baseline")
    if search.oracle == "random" or search.rungs.factor is not None:
        return None  # on the lowest rung nothing is trained at full length
    return _baseline(report, "estimated", "random")


def lower_bound(scores: ArrayLike, trials: float, direction: Literal["max", "min"]) -> float:
    """Returns a lower 95 % confidence bound on the median of the best of ``trials`` draws.

    Args:
        scores: scores of independent draws, shape (draws,).
        trials: number of draws of the random search, at least the number of scores.
        direction: whether higher or lower scores are better.

    Raises:
        ValueError: there are fewer than three scores, or fewer trials than scores.
    """
    worst_first = np.sort(np.asarray(scores, float))
    draws = len(worst_first)
    if draws < _MIN_DRAWS or trials < draws:
        raise ValueError(
            f"no bound for {trials} trials from {draws} scores: at least {_MIN_DRAWS} scores are"
            " needed, and at least as many trials as scores"
        )
    if direction == "min":
        worst_first = worst_first[::-1]
    # The median of the best of n draws is the quantile 2**(-1/n) of one draw. The r-th worst of
    # the scores is no better than it if r of them or more are not.
    covered = bdtrc(np.arange(draws), draws, 0.5 ** (1 / trials)) >= CONFIDENCE
    return float(worst_first[covered.sum() - 1])


def describe_random_search(baseline: RandomSearch, objective: str) -> str:
    """Returns the baseline in two sentences."""
    at_least, best = (score(n, objective) for n in (baseline.at_least, baseline.best))
    source = {
        "measured": "reserved for this comparison",
        "estimated": "that the oracle drew for its initial design",
    }[baseline.kind]
    return (
        f"Random search at equal cost (about {plural(round(baseline.trials), 'trial')}): median"
        f" best {objective} {at_least} or better (95 % confidence), based on"
        f" {plural(baseline.draws, 'random trial')} {source} (best {best})."
    )


def _baseline(
    report: ReportInput, kind: Literal["measured", "estimated"], origin: Origin
) -> RandomSearch | None:
    ended = [trial for trial in report.state.ended() if trial.proposal.duplicate_of is None]
    drawn = [trial for trial in ended if trial.proposal.origin == origin]
    scores = np.array([s for trial in drawn if (s := _score(trial)) is not None])
    spent = sum(trial.seconds for trial in drawn)
    if len(scores) < _MIN_DRAWS or not spent:
        return None
    total = sum(trial.seconds for trial in report.state.trials.values())
    trials = len(scores) * max(1.0, total / spent)
    best = float(scores.max() if report.direction == "max" else scores.min())
    bound = lower_bound(scores, trials, report.direction)
    return RandomSearch(kind, len(scores), trials, best, bound)


def _score(trial: TrialState) -> float | None:
    end = trial.end
    if end is None or end.outcome != Outcome.COMPLETED or end.score is None:
        return None
    return end.score if math.isfinite(end.score) else None
