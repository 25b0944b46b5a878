"""A searcher for kubenas' default oracle with rungs, assembled as in a search of kubenas."""

from kubenas.search import create_oracle
from kubenas.search.journal.records import Ended
from kubenas.search.objectives import Objective
from kubenas.search.proposals.keras_tuner_adapter import KerasTunerProposer
from kubenas.search.proposals.proposer import NoProposal
from kubenas.search.proposals.sources import MultiSourceProposer
from kubenas.search.rungs.observations import merge_promotions
from kubenas.search.rungs.promotion import Promotions
from kubenas.trial import Outcome
from searching.searchers.oracle_searcher import objectives
from searching.searchers.searcher import Proposal
from searching.simulation import Conditions
from searching.tables.table import Scores, Table

_ETA = 4


class RungsSearcher:
    """Trains each network for the table's few epochs, and promotes one in four."""

    def __init__(self, table: Table, conditions: Conditions, seed: int, *, graph: bool) -> None:
        self._table = table
        self._rungs = (table.early_epochs, table.epochs)
        self._asked = 0
        (objective,) = objectives(table)

        def create() -> KerasTunerProposer:
            oracle = create_oracle(
                "auto",
                table.space.hyperparameters(),
                objective,
                seed=seed,
                max_trials=conditions.budget * table.epochs // table.early_epochs,
                max_consecutive_failed_trials=None,
                graph=table.graph if graph else None,
            )
            oracle.keeps_files = False
            oracle.verbose = 0
            return KerasTunerProposer(oracle, (Objective(objective.name, objective.direction),))

        self._proposer = MultiSourceProposer(
            create,
            tell=lambda records: merge_promotions(records, self._rungs, objective.direction),
            sources=[Promotions(self._rungs, eta=_ETA, direction=objective.direction)],
            epochs=table.early_epochs,
        )

    def ask(self) -> Proposal | None:
        proposal = self._proposer.propose()
        if isinstance(proposal, NoProposal):
            return None
        self._asked += 1
        values = self._table.space.active(proposal.values)
        resumed = 0 if proposal.parent is None else self._table.early_epochs
        return Proposal(values, self._asked - 1, proposal.epochs, resumed)

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        outcome = Outcome.INFEASIBLE if scores is None else Outcome.COMPLETED
        score = None if scores is None else scores[0]
        end = Ended(at=0.0, trial=proposal.ticket, outcome=outcome, attempt=1, score=score)
        self._proposer.report(str(proposal.ticket), end)
