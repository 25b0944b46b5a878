"""A searcher for Optuna's samplers with default settings. Ordered options are integers."""

from collections.abc import Sequence

import optuna

from searching.searchers.searcher import Proposal
from searching.tables.space import Decision, Value, Values
from searching.tables.table import Scores, Table

optuna.logging.set_verbosity(optuna.logging.WARNING)


class OptunaSearcher:
    """Uses ask and tell of an in-memory study."""

    def __init__(self, sampler: optuna.samplers.BaseSampler, table: Table) -> None:
        self._space = table.space
        directions = {"max": "maximize", "min": "minimize"}
        self._study = optuna.create_study(
            directions=[directions[objective.direction] for objective in table.objectives],
            sampler=sampler,
        )

    def ask(self) -> Proposal | None:
        trial = self._study.ask()
        values: dict[str, Value] = {}
        for decision in self._space.decisions:
            if self._space.exists(decision, values):
                values[decision.name] = _suggest(trial, decision)
        return Proposal(values, trial)

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        if scores is None:
            self._study.tell(proposal.ticket, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(proposal.ticket, list(scores))

    def remember(
        self, ended: Sequence[tuple[Proposal, Scores]], running: Sequence[tuple[Proposal, Scores]]
    ) -> None:
        """Adds trials from elsewhere."""
        for proposal, scores in ended:
            self._study.add_trial(self._trial(proposal.values, scores))
        for proposal, _ in running:
            self._study.add_trial(self._trial(proposal.values, None))

    def _trial(self, values: Values, scores: Scores | None) -> optuna.trial.FrozenTrial:
        taken = [d for d in self._space.decisions if d.name in values]
        states = optuna.trial.TrialState
        return optuna.create_trial(
            state=states.RUNNING if scores is None else states.COMPLETE,
            params={d.name: _stored(d, values[d.name]) for d in taken},
            distributions={d.name: _distribution(d) for d in taken},
            values=None if scores is None else list(scores),
        )


def _suggest(trial: optuna.Trial, decision: Decision) -> Value:
    if decision.ordered:
        return decision.options[trial.suggest_int(decision.name, 0, len(decision.options) - 1)]
    taken: Value = trial.suggest_categorical(decision.name, decision.options)
    return taken


def _distribution(decision: Decision) -> optuna.distributions.BaseDistribution:
    if decision.ordered:
        return optuna.distributions.IntDistribution(0, len(decision.options) - 1)
    return optuna.distributions.CategoricalDistribution(decision.options)


def _stored(decision: Decision, value: Value) -> Value:
    return decision.options.index(value) if decision.ordered else value
