"""A searcher for kubenas' oracles with rungs, assembled as in a search of kubenas."""

from kubenas.search import create_oracle
from kubenas.search.journal.records import Ended
from kubenas.search.objectives import Objective
from kubenas.search.proposals.keras_tuner_adapter import KerasTunerProposer
from kubenas.search.proposals.proposer import NoProposal
from kubenas.search.proposals.sources import MultiSourceProposer
from kubenas.search.rungs.observations import MergedEnds, merge_promotions
from kubenas.search.rungs.promotion import Promotions
from kubenas.search.rungs.successive_halving import rung_epochs
from kubenas.trial import Outcome
from searching.searchers.oracle_searcher import objectives
from searching.searchers.searcher import Proposal
from searching.simulation import Conditions
from searching.tables.table import Scores, Table


class RungsSearcher:
    """Trains each network for the epochs of the lowest rung, and promotes one in ``eta``."""

    def __init__(
        self,
        table: Table,
        conditions: Conditions,
        seed: int,
        *,
        oracle: str,
        eta: int,
        graph: bool,
    ) -> None:
        self._table = table
        self._rungs = _rungs(table, eta)
        self._asked: list[int] = []
        """Epochs of each proposal."""
        (objective,) = objectives(table)

        def create() -> KerasTunerProposer:
            own = create_oracle(
                oracle,
                table.space.hyperparameters(),
                objective,
                seed=seed,
                max_trials=conditions.budget * table.epochs // self._rungs[0],
                max_consecutive_failed_trials=None,
                graph=table.graph if graph else None,
            )
            own.keeps_files = False
            own.verbose = 0
            return KerasTunerProposer(own, (Objective(objective.name, objective.direction),))

        promotions = Promotions(self._rungs, eta=eta, direction=objective.direction)
        known: MergedEnds = {}
        self._proposer = MultiSourceProposer(
            create,
            tell=lambda records: merge_promotions(
                records, self._rungs, objective.direction, known=known
            ),
            sources=[promotions],
            epochs=self._rungs[0],
            promote=promotions.promote,
        )

    def ask(self) -> Proposal | None:
        proposal = self._proposer.propose()
        if isinstance(proposal, NoProposal):
            return None
        self._asked.append(proposal.epochs or self._rungs[-1])
        values = self._table.space.active(proposal.values)
        resumed = 0 if proposal.parent is None else self._asked[int(proposal.parent)]
        return Proposal(values, len(self._asked) - 1, proposal.epochs, resumed)

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        outcome = Outcome.INFEASIBLE if scores is None else Outcome.COMPLETED
        score = None if scores is None else scores[0]
        end = Ended(at=0.0, trial=proposal.ticket, outcome=outcome, attempt=1, score=score)
        self._proposer.report(str(proposal.ticket), end)


def _rungs(table: Table, eta: int) -> tuple[int, ...]:
    if not table.has_curves:
        return (table.early_epochs, table.epochs)
    return rung_epochs(table.epochs, eta=eta, least=table.early_epochs)
