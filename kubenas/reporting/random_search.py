"""What random search would have reached at equal cost, from trials that were drawn at random.

The expected best of n draws follows from the order statistics of those that were made (Dodge et
al. 2019, "Show Your Work", section 3); its confidence interval from a bootstrap over them. Beyond
as many draws as there are it cannot exceed the best of them: then it is a lower bound.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kubenas.reporting.quantities import plural, score
from kubenas.reporting.report_input import ReportInput
from kubenas.search.records import Origin
from kubenas.search.seeds import derived_seed
from kubenas.search.state import TrialState
from kubenas.trial import Outcome

_LEAST_DRAWS = 3
_RESAMPLES = 2_000
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class RandomSearch:
    """Random search at the cost of the whole search."""

    kind: Literal["measured", "estimated"]
    """On draws that were set aside for it, or on those that the oracle began with."""
    draws: int
    """Those of them that have a score."""
    trials: float
    """Scored trials that random search would have had for the same time of trial processes."""
    expected: float
    low: float
    high: float
    """95 % confidence interval of the expected best score."""

    @property
    def extrapolated(self) -> bool:
        """Whether ``expected`` is a lower bound."""
        return self.trials > self.draws


def random_search(report: ReportInput) -> RandomSearch | None:
    """The baseline; None: too few draws, or the search is a random one itself."""
    search = report.config.search
    if search.baseline_share:
        return _judged(report, "measured", "baseline")
    if search.oracle == "random" or search.rungs.eta is not None:
        return None  # on the lowest rung nothing is trained at full length
    return _judged(report, "estimated", "random")


def expected_best(scores: ArrayLike, trials: float, direction: Literal["max", "min"]) -> float:
    """The expected best of ``trials`` draws from ``scores``, a one-dimensional array."""
    return float(_expected_best(np.asarray(scores, float)[None], trials, direction)[0])


def words(baseline: RandomSearch, objective: str) -> str:
    """The baseline in a sentence."""
    numbers = [score(n, objective) for n in (baseline.expected, baseline.low, baseline.high)]
    at_least = "at least " if baseline.extrapolated else ""
    draws = plural(baseline.draws, "scored trial")
    source = {
        "measured": f"measured on {draws} drawn at random for this comparison",
        "estimated": f"estimated from the {draws} that the oracle drew at random to begin with",
    }[baseline.kind]
    return (
        f"Random search at equal cost (about {plural(max(1, round(baseline.trials)), 'trial')})"
        f" would have been expected to reach {at_least}{numbers[0]} (95 % interval {numbers[1]} to"
        f" {numbers[2]}), {source}."
    )


def _judged(
    report: ReportInput, kind: Literal["measured", "estimated"], origin: Origin
) -> RandomSearch | None:
    ended = [trial for trial in report.state.ended() if trial.proposal.duplicate_of is None]
    drawn = [trial for trial in ended if trial.proposal.origin == origin]
    scores = np.array([s for trial in drawn if (s := _score(trial)) is not None])
    spent = sum(trial.seconds for trial in drawn)
    if len(scores) < _LEAST_DRAWS or not spent:
        return None
    total = sum(trial.seconds for trial in report.state.trials.values())
    trials = max(1.0, len(scores) * total / spent)
    low, high = _interval(scores, trials, report.direction)
    expected = expected_best(scores, trials, report.direction)
    return RandomSearch(kind, len(scores), trials, expected, low, high)


def _expected_best(
    scores: NDArray[np.float64], trials: float, direction: Literal["max", "min"]
) -> NDArray[np.float64]:
    """For each row of ``scores``."""
    sign = 1.0 if direction == "max" else -1.0
    ascending = np.sort(sign * scores, axis=1)
    shares = np.arange(scores.shape[1] + 1) / scores.shape[1]
    weights: NDArray[np.float64] = np.diff(shares**trials)
    best: NDArray[np.float64] = sign * (ascending @ weights)
    return best


def _interval(
    scores: NDArray[np.float64], trials: float, direction: Literal["max", "min"]
) -> tuple[float, float]:
    generator = np.random.default_rng(derived_seed("bootstrap", len(scores)))
    resamples = scores[generator.integers(0, len(scores), (_RESAMPLES, len(scores)))]
    tail = (1 - _CONFIDENCE) / 2
    low, high = np.quantile(_expected_best(resamples, trials, direction), [tail, 1 - tail])
    return float(low), float(high)


def _score(trial: TrialState) -> float | None:
    end = trial.end
    if end is None or end.outcome != Outcome.COMPLETED or end.score is None:
        return None
    return end.score if math.isfinite(end.score) else None
