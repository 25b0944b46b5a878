"""Prior results as observations of an oracle, until the search has enough scores of its own.

Merits are converted to the mean and standard deviation of this search's scores and halved, because
networks may rank differently on other data. Pure functions.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Literal

from kubenas.search.journal import Ended, OracleEvent, Proposed
from kubenas.search.warm_start.prior_results import PriorResult
from kubenas.trial import Outcome

MIN_OWN_SCORES = 30
"""Own scores after which prior results are omitted."""
_DISCOUNT = 0.5
_MAX_RESULTS = 100


def add_prior_results(
    observations: Sequence[OracleEvent],
    known: Sequence[PriorResult],
    direction: Literal["max", "min"],
) -> list[OracleEvent]:
    """Returns ``known`` as trials with negative numbers, followed by ``observations``.

    Args:
        observations: records of the search's own trials.
        known: prior results that are points of the space, best first.
        direction: direction of the score.
    """
    own = [
        record.score
        for record in observations
        if isinstance(record, Ended)
        and record.outcome == Outcome.COMPLETED
        and record.score is not None
    ]
    if len(own) >= MIN_OWN_SCORES:
        return list(observations)
    centre = fmean(own) if own else 0.0
    scale = (stdev(own) if len(own) > 1 else 0.0) or 1.0
    sign = 1 if direction == "max" else -1
    tried = [record.values for record in observations if isinstance(record, Proposed)]
    records: list[OracleEvent] = []
    for number, each in enumerate(known[:: -(-len(known) // _MAX_RESULTS) or 1], start=1):
        if each.values not in tried:
            score = centre + sign * _DISCOUNT * scale * each.merit
            records += _trial(-number, each.values, score)
    return [*records, *observations]


def _trial(number: int, values: Mapping[str, Any], score: float) -> list[OracleEvent]:
    return [
        Proposed(at=0.0, trial=number, values=dict(values), oracle_trial="", origin="prior"),
        Ended(at=0.0, trial=number, outcome=Outcome.COMPLETED, score=score),
    ]
