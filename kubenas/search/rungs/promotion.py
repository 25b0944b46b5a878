"""Successive halving as a proposal source: trains the best networks of a rung further."""

from collections.abc import Sequence
from typing import Literal

from kubenas.search.journal import OracleEvent, Proposed
from kubenas.search.proposals import Proposal
from kubenas.search.rungs.successive_halving import Promotion, SuccessiveHalving
from kubenas.trial import Outcome


class Promotions:
    """Proposal source that promotes networks by successive halving, or that a model selects.

    Args:
        rungs: epochs of each rung, ascending.
        eta: at least the best 1/eta of a rung is promoted.
        direction: direction of the score.
    """

    def __init__(self, rungs: Sequence[int], *, eta: int, direction: Literal["max", "min"]) -> None:
        self._rungs = tuple(rungs)
        self._halving = SuccessiveHalving(len(rungs), eta=eta, direction=direction)
        self._proposals: dict[int, Proposed] = {}
        self._roots: dict[int, int] = {}
        self._latest: dict[int, int] = {}
        """The latest trial of each network."""

    def observe(self, record: OracleEvent) -> None:
        if isinstance(record, Proposed):
            self._observe_proposal(record)
        elif record.outcome == Outcome.COMPLETED and record.attempt is not None:
            network = self._roots[record.trial]
            if record.score is not None:
                self._halving.add_score(network, self._rung(record.trial), record.score)

    def propose(self) -> Proposal | None:
        promotion = self._halving.next_promotion()
        return None if promotion is None else self._proposal(promotion)

    def promote(self, network: int) -> Proposal:
        """Returns the promotion of ``network`` to its next rung, whatever its rank."""
        return self._proposal(Promotion(network, self._rung(self._latest[network]) + 1))

    def _proposal(self, promotion: Promotion) -> Proposal:
        parent = self._latest[promotion.network]
        return Proposal(
            str(len(self._proposals)),
            dict(self._proposals[promotion.network].values),
            epochs=self._rungs[promotion.rung],
            parent=str(parent),
            origin="promotion",
        )

    def _observe_proposal(self, record: Proposed) -> None:
        number = record.trial
        root = number if record.parent is None else self._roots[record.parent]
        self._proposals[number], self._roots[number], self._latest[root] = record, root, number
        if record.parent is not None:
            self._halving.mark_promoted(Promotion(root, self._rung(number)))

    def _rung(self, trial: int) -> int:
        return self._rungs.index(self._proposals[trial].epochs or self._rungs[0])
