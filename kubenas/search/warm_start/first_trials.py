"""Prior trials: the best networks of the warm start as the first trials of a search."""

from collections.abc import Sequence

from kubenas.search.journal import OracleEvent, Proposed
from kubenas.search.proposals import Proposal
from kubenas.search.warm_start.prior_results import PriorResult

_ONE_IN = 5
_MAX_TRIALS = 5


def prior_trial_count(max_trials: int | None) -> int:
    """Returns how many of the best prior results a search trains first."""
    if max_trials is None:
        return _MAX_TRIALS
    return max(1, min(_MAX_TRIALS, max_trials // _ONE_IN))


class PriorTrials:
    """Proposal source of prior results.

    Args:
        known: points of the space, best first; each is proposed once.
        epochs: epochs of the lowest rung; None: no rungs.
    """

    def __init__(self, known: Sequence[PriorResult], *, epochs: int | None = None) -> None:
        self._known = known
        self._epochs = epochs
        self._trials = 0
        self._repeated = 0

    def observe(self, record: OracleEvent) -> None:
        if isinstance(record, Proposed):
            self._trials += 1
            self._repeated += record.origin == "prior"

    def propose(self) -> Proposal | None:
        if self._repeated >= len(self._known):
            return None
        values = dict(self._known[self._repeated].values)
        return Proposal(str(self._trials), values, epochs=self._epochs, origin="prior")
