"""What random search would have reached at equal cost, from trials that were drawn at random.

They are fewer than random search would have had, for the rest of the cost went into the search. How
much better the best of more draws is than the best of these cannot be told without assuming how
scores are distributed. So what is given is a lower confidence bound of what random search reaches
with even chance, the median of its best score. It is a draw, by rank, and holds for any
distribution (Lourie, Cho and He 2024, "Show Your Work with Confidence"). How often it does, tells
benchmarks/random_baseline.py.
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
"""Of the bound."""


@dataclass(frozen=True)
class RandomSearch:
    """Random search at the cost of the whole search."""

    kind: Literal["measured", "estimated"]
    """On draws that were set aside for it, or on those that the oracle began with."""
    draws: int
    """Those of them that have a score."""
    trials: float
    """Scored trials that random search would have had for the same time of trial processes."""
    best: float
    """Of the draws."""
    at_least: float
    """What it would have reached with even chance: a lower bound, with 95 % confidence."""


def estimate_random_search(report: ReportInput) -> RandomSearch | None:
    """The baseline; None: too few draws, or the search is a random one itself."""
    search = report.config.search
    if search.baseline_share:
        return _judged(report, "measured", "baseline")
    if search.oracle == "random" or search.rungs.eta is not None:
        return None  # on the lowest rung nothing is trained at full length
    return _judged(report, "estimated", "random")


def lower_bound(scores: ArrayLike, trials: float, direction: Literal["max", "min"]) -> float:
    """With 95 % confidence, the best of ``trials`` draws is as good with a chance of a half.

    Args:
        scores: of independent draws, one-dimensional.
        trials: at least as many as there are scores.
        direction: whether higher or lower scores are better.

    Raises:
        ValueError: there are fewer than three scores, or fewer trials than scores.
    """
    worst_first = np.sort(np.asarray(scores, float))
    draws = len(worst_first)
    if draws < _MIN_DRAWS or trials < draws:
        raise ValueError(f"no bound for {trials} trials can be told from {draws} scores")
    if direction == "min":
        worst_first = worst_first[::-1]
    # The median of the best of n draws is the quantile 2**(-1/n) of one draw. The r-th worst of
    # the scores is no better than it if r of them or more are not.
    covered = bdtrc(np.arange(draws), draws, 0.5 ** (1 / trials)) >= CONFIDENCE
    return float(worst_first[covered.sum() - 1])


def describe_random_search(baseline: RandomSearch, objective: str) -> str:
    """The baseline in two sentences."""
    at_least, best = (score(n, objective) for n in (baseline.at_least, baseline.best))
    source = {
        "measured": "drawn at random for this comparison",
        "estimated": "that the oracle drew at random to begin with",
    }[baseline.kind]
    return (
        f"Random search at equal cost (about {plural(round(baseline.trials), 'trial')}) would have"
        f" reached {at_least} or better with a chance of a half or more, at 95 % confidence. How"
        f" much better cannot be told from the {plural(baseline.draws, 'scored trial')} {source},"
        f" the best of which has {best}."
    )


def _judged(
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
