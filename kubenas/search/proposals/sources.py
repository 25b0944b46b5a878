"""Who proposes next, and what the oracle is told: between the search's recorder and its oracle.

Some proposals are not the oracle's: a promotion of successive halving, a draw at random for
comparison. And an oracle is not told the journal as it is: of a network that was trained on several
rungs it hears one score. What it is to be told is a pure function of the journal, and may differ
from what it was told before. Where it cannot take that back, a fresh one is told everything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from kubenas.search.journal import Ended, OracleEvent, Proposed, Record
from kubenas.search.proposals.proposer import NoProposal, Proposal, RevisableProposer


class ProposalSource(Protocol):
    """Proposes without an oracle, from what it has seen."""

    def see(self, record: OracleEvent) -> None:
        """Takes note of a proposal, its own too, or of an end."""
        ...

    def propose(self) -> Proposal | None:
        """What it wants tried now; None: nothing. Asking changes nothing."""
        ...


class MultiSourceProposer:
    """See :class:`kubenas.search.proposals.proposer.Proposer`. Its ids of trials are their numbers.

    Args:
        create: makes a fresh oracle.
        tell: what the oracle is told of the records so far.
        sources: asked before the oracle, in this order.
        epochs: of the rung that the oracle's proposals begin on; None: there are no rungs.
    """

    def __init__(
        self,
        create: Callable[[], RevisableProposer],
        *,
        tell: Callable[[Sequence[OracleEvent]], list[OracleEvent]],
        sources: Sequence[ProposalSource] = (),
        epochs: int | None = None,
    ) -> None:
        self._create = create
        self._tell = tell
        self._sources = sources
        self._epochs = epochs
        self._records: list[OracleEvent] = []
        self._trials = 0
        self._oracle = create()
        self._ids: dict[int, str] = {}

    def propose(self) -> Proposal | NoProposal:
        for source in self._sources:
            if (proposal := source.propose()) is not None:
                return self._record_proposal(proposal)
        self._update_oracle()
        asked = self._oracle.propose()
        if isinstance(asked, NoProposal):
            return asked
        self._ids[self._trials] = asked.oracle_trial
        proposal = replace(asked, oracle_trial=str(self._trials), epochs=self._epochs)
        return self._record_proposal(proposal)

    def report(self, oracle_trial: str, end: Ended) -> None:
        del oracle_trial  # its number, which the end says, too
        self._see(end)

    def replay(self, records: Iterable[Record]) -> Mapping[int, str]:
        for record in records:
            if isinstance(record, Proposed | Ended):
                self._see(record)
        return {number: str(number) for number in range(self._trials)}

    def _record_proposal(self, proposal: Proposal) -> Proposal:
        """``proposal``, as it will be in the journal, seen by all."""
        self._see(
            Proposed(
                at=0.0,
                trial=self._trials,
                values=proposal.values,
                oracle_trial=proposal.oracle_trial,
                oracle_state=proposal.state,
                epochs=proposal.epochs,
                parent=None if proposal.parent is None else int(proposal.parent),
                origin=proposal.origin,
            )
        )
        return proposal

    def _see(self, record: OracleEvent) -> None:
        record = record.model_copy(update={"at": 0.0})
        self._trials += isinstance(record, Proposed)
        self._records.append(record)
        for source in self._sources:
            source.see(record)

    def _update_oracle(self) -> None:
        told = self._tell(self._records)
        own = [record.trial for record in told if isinstance(record, Proposed)] == list(self._ids)
        ends = {r.trial: r for r in told if isinstance(r, Ended)}
        if not own or not self._oracle.revise({self._ids[n]: end for n, end in ends.items()}):
            self._oracle = self._create()
            self._ids = dict(self._oracle.replay(told))
