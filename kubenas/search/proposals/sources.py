"""Proposer that combines an oracle with other proposal sources.

Some proposals do not come from the oracle: promotions of successive halving, the random baseline,
prior trials. The oracle's observations are a pure function of the journal: for example, one score
for a network that was trained on several rungs. If earlier observations change and the oracle
cannot revise them, a new oracle is created and all observations are replayed.

With rungs, observations change often. The oracle's models then are fitted only at milestones of the
number of ends, to the observations of that moment, so a restart at any later time repeats the fit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from kubenas.search.journal import Ended, OracleEvent, Proposed, Record
from kubenas.search.milestones import milestone
from kubenas.search.proposals.proposer import NoProposal, Proposal, RevisableProposer
from kubenas.search.proposals.size_limited import Speed, measured_speed


class ProposalSource(Protocol):
    """Proposes trials without an oracle, based on the records so far."""

    def observe(self, record: OracleEvent) -> None:
        """Processes a proposal (of any source) or an end."""
        ...

    def propose(self) -> Proposal | None:
        """Returns the next proposal; None if there is none. Does not change the source."""
        ...


class MultiSourceProposer:
    """A :class:`Proposer` that asks several sources, then the oracle. Its ids are trial numbers.

    Args:
        create: creates a new oracle.
        tell: computes the oracle's observations from the records so far.
        sources: asked before the oracle, in this order.
        epochs: epochs of the lowest rung, for the oracle's proposals; None: no rungs.
        promote: returns the promotion of a network that the oracle prefers to new ones, by the
            network's first trial; None: no rungs.
    """

    def __init__(
        self,
        create: Callable[[], RevisableProposer],
        *,
        tell: Callable[[Sequence[OracleEvent]], list[OracleEvent]],
        sources: Sequence[ProposalSource] = (),
        epochs: int | None = None,
        promote: Callable[[int], Proposal] | None = None,
    ) -> None:
        self._create = create
        self._tell = tell
        self._sources = sources
        self._epochs = epochs
        self._promote = promote
        self._fitted = 0
        """Ends that the oracle's models are fitted to."""
        self._settings: object = None
        self._ends: list[int] = []
        """Positions of ends among the records."""
        self._records: list[OracleEvent] = []
        self._proposed: dict[int, Proposed] = {}
        self._speed: Speed | None = None
        """Speed of the first training."""
        self._trials = 0
        self._oracle = create()
        self._ids: dict[int, str] = {}

    def propose(self) -> Proposal | NoProposal:
        for source in self._sources:
            if (proposal := source.propose()) is not None:
                return self._record_proposal(proposal)
        self._update_oracle()
        if (promotion := self._continuation()) is not None:
            return self._record_proposal(promotion)
        asked = self._oracle.propose()
        if isinstance(asked, NoProposal):
            return asked
        self._ids[self._trials] = asked.oracle_trial
        proposal = replace(asked, oracle_trial=str(self._trials), epochs=self._epochs)
        return self._record_proposal(proposal)

    def report(self, oracle_trial: str, end: Ended) -> None:
        del oracle_trial  # same as end.trial
        self._observe(end)

    def replay(self, records: Iterable[Record]) -> Mapping[int, str]:
        for record in records:
            if isinstance(record, Proposed | Ended):
                self._observe(record)
        return {number: str(number) for number in range(self._trials)}

    def _record_proposal(self, proposal: Proposal) -> Proposal:
        """Shows ``proposal`` to all sources, as it will be in the journal, and returns it."""
        self._observe(
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

    def _observe(self, record: OracleEvent) -> None:
        record = record.model_copy(update={"at": 0.0})
        self._trials += isinstance(record, Proposed)
        if isinstance(record, Proposed):
            self._proposed[record.trial] = record
        else:
            self._ends.append(len(self._records))
            self._measure(record)
        self._records.append(record)
        for source in self._sources:
            source.observe(record)

    def _measure(self, end: Ended) -> None:
        """Limits the sizes of networks by the speed of the first training."""
        if self._speed is None:
            self._speed = measured_speed(self._proposed[end.trial], end)
            if self._speed is not None:
                self._oracle.limit_sizes(*self._speed)

    def _continuation(self) -> Proposal | None:
        """Returns the promotion of a network that the oracle prefers to all new ones."""
        if self._promote is None or (name := self._oracle.continuation()) is None:
            return None
        return self._promote(next(trial for trial, own in self._ids.items() if own == name))

    def _update_oracle(self) -> None:
        count = milestone(len(self._ends), apart=1)
        if self._promote is not None and self._oracle.refits and count != self._fitted:
            self._tell_oracle(self._records[: self._ends[count - 1] + 1])
            self._settings = self._oracle.refit()
            self._fitted = count
        self._tell_oracle(self._records)

    def _tell_oracle(self, records: Sequence[OracleEvent]) -> None:
        observations = self._tell(records)
        proposed = [r.trial for r in observations if isinstance(r, Proposed)]
        ends = {r.trial: r for r in observations if isinstance(r, Ended)}
        changed = proposed != list(self._ids)
        if changed or not self._oracle.revise({self._ids[n]: end for n, end in ends.items()}):
            self._oracle = self._create()
            if self._speed is not None:
                self._oracle.limit_sizes(*self._speed)
            self._ids = dict(self._oracle.replay(observations))
            if self._fitted:
                self._oracle.adopt(self._settings)
