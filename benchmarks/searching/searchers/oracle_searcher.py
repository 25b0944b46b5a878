"""A searcher for any Keras-Tuner oracle."""

import tempfile
from collections.abc import Sequence

import keras_tuner

from searching.searchers.searcher import Proposal
from searching.tables.table import Scores, Table


def objectives(table: Table) -> list[keras_tuner.Objective]:
    """Returns the table's objectives as Keras-Tuner objectives."""
    return [keras_tuner.Objective(o.name, o.direction) for o in table.objectives]


class OracleSearcher:
    """Drives an oracle like a tuner with many workers."""

    def __init__(self, oracle: keras_tuner.Oracle, table: Table) -> None:
        self._oracle, self._table = oracle, table
        self._asked = 0
        # An oracle writes its state at every step. This benchmark does not measure that.
        self._folder = tempfile.TemporaryDirectory(prefix="search-benchmark-")
        oracle._set_project_dir(self._folder.name, "oracle")
        oracle.save = lambda: None
        oracle._save_trial = lambda _: None
        oracle.verbose = 0

    def ask(self) -> Proposal | None:
        self._asked += 1
        trial = self._oracle.create_trial(f"slot-{self._asked}")
        if trial.status != "RUNNING":
            return None
        values = trial.hyperparameters.values
        epochs, resumed = values.get("tuner/epochs"), values.get("tuner/initial_epoch", 0)
        return Proposal(self._table.space.active(values), trial, epochs, resumed)

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        trial = proposal.ticket
        if scores is None:
            trial.status = "INVALID"
            trial.message = "out of memory"
        else:
            names = [objective.name for objective in self._table.objectives]
            self._oracle.update_trial(trial.trial_id, dict(zip(names, scores, strict=True)))
            trial.status = "COMPLETED"
        self._oracle.end_trial(trial)

    def remember(
        self, ended: Sequence[tuple[Proposal, Scores]], running: Sequence[tuple[Proposal, Scores]]
    ) -> None:
        """Adds trials from elsewhere."""
        waiting = iter([proposal for proposal, _ in (*ended, *running)])
        self._oracle.populate_space = lambda _: {
            "status": "RUNNING",
            "values": dict(next(waiting).values),
        }
        for _, scores in ended:
            proposal = self.ask()
            assert proposal is not None
            self.tell(proposal, scores)
        for _ in running:
            self.ask()
        del self._oracle.populate_space
