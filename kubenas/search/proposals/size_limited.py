"""Limits the sizes of proposed networks by the speed of the first training of the search.

The speed comes from the records of the journal, so it is the same after a restart.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kubenas.search.journal import Ended, Proposed, Record
from kubenas.search.proposals.proposer import NoProposal, Proposal, RevisableProposer
from kubenas.trial import Outcome


class Speed(NamedTuple):
    """How fast a network is trained."""

    values: Mapping[str, Any]
    """Values of the network's hyperparameters."""
    epoch_seconds: float
    """Seconds per epoch, with a share of the start of the training."""


def measured_speed(proposal: Proposal | Proposed, end: Ended) -> Speed | None:
    """Returns the speed of a training that completed in one attempt; None for other ends."""
    whole = proposal.parent is None and end.attempt == 1 and end.epochs > 0
    if not whole or end.outcome != Outcome.COMPLETED:
        return None
    return Speed(proposal.values, end.seconds / end.epochs)


class SizeLimitedProposer:
    """A :class:`Proposer` whose oracle proposes only networks that can be retrained in time.

    Args:
        oracle: the oracle, whose ids of trials are in the journal.
    """

    def __init__(self, oracle: RevisableProposer) -> None:
        self._oracle = oracle
        self._proposals: dict[str, Proposal | Proposed] = {}
        self._measured = False

    def propose(self) -> Proposal | NoProposal:
        proposal = self._oracle.propose()
        if isinstance(proposal, Proposal):
            self._proposals[proposal.oracle_trial] = proposal
        return proposal

    def report(self, oracle_trial: str, end: Ended) -> None:
        self._oracle.report(oracle_trial, end)
        self._measure(oracle_trial, end)

    def replay(self, records: Iterable[Record]) -> Mapping[int, str]:
        kept = list(records)
        ids = self._oracle.replay(kept)
        for record in kept:
            if isinstance(record, Proposed):
                self._proposals[ids[record.trial]] = record
            elif isinstance(record, Ended):
                self._measure(ids[record.trial], record)
        return ids

    def _measure(self, oracle_trial: str, end: Ended) -> None:
        proposal = self._proposals.pop(oracle_trial, None)
        speed = measured_speed(proposal, end) if proposal and not self._measured else None
        if speed is not None:
            self._measured = True
            self._oracle.limit_sizes(*speed)
