"""Adapter from Keras-Tuner oracles, ours included, to the ``Proposer`` interface.

Keras-Tuner's oracles keep their state in files, which a crash can leave incomplete or inconsistent
with the trials that ran. Here the journal is authoritative: an oracle is restored by replaying the
recorded proposals and ends, without files. During a replay, ``populate_space`` returns the recorded
values, which avoids the seconds that Bayesian optimisation takes per proposal. State that replay
cannot rebuild (the random generator, Hyperband's brackets) comes from ``get_state()`` and is stored
in the journal. The rest of ``get_state()`` is omitted, because it grows with every trial.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self, TypeAlias

import keras_tuner

from kubenas.config import Config
from kubenas.search.journal import Ended, Proposed, Record
from kubenas.search.objectives import Objective, objectives_of
from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.catalog import find_oracle
from kubenas.search.oracles.create import create_oracle
from kubenas.search.oracles.encoding import GraphOf, Limits
from kubenas.search.proposals.proposer import EstimatedEnd, NoProposal, Proposal
from kubenas.search.proposals.replayable_oracles import (
    BayesianOracle,
    HyperbandOracle,
    RandomOracle,
    Replayable,
    ReplayableOracle,
)
from kubenas.search.proposals.size_limits import affordable_limits, size_limits
from kubenas.search.seeds import derived_seed
from kubenas.search.space import apply_declared
from kubenas.search.space.point import read_space
from kubenas.spaces.registry import space_kind
from kubenas.trial import Outcome

_MANY_ITERATIONS = 100_000
"""Iterations of hyperband that no search reaches: the budget ends it first."""
_REBUILT_BY_REPLAY = frozenset(
    {
        "ongoing_trials",
        "hyperparameters",
        "start_order",
        "end_order",
        "run_times",
        "retry_queue",
        "tried_so_far",
        "id_to_hash",
        "display",
        "writers",
    }
)


_OWN: dict[str, type[ReplayableOracle]] = {
    "keras_tuner.random": RandomOracle,
    "keras_tuner.bayesian": BayesianOracle,
}

LimitsAfter: TypeAlias = Callable[[Mapping[str, Any], float], Limits | None]
"""Takes the values of a trained network and its seconds per epoch; returns new size limits."""


class KerasTunerProposer:
    """A :class:`RevisableProposer` around a Keras-Tuner oracle."""

    def __init__(
        self,
        oracle: Replayable,
        objectives: Sequence[Objective],
        limits_after: LimitsAfter | None = None,
    ) -> None:
        self._oracle = oracle
        self._objectives = objectives
        self._limits_after = limits_after
        self._asked = 0
        self._ends: dict[str, Ended] = {}
        """Reported ends, by the oracle's trial ids."""

    @classmethod
    def create(
        cls,
        config: Config,
        *,
        space: Mapping[str, Any],
        graph: GraphOf | None = None,
    ) -> Self:
        """Creates the oracle that ``config`` names; arguments as for ``create_proposer``."""
        search = config.search
        objectives = objectives_of(search)
        first, *_ = several = [keras_tuner.Objective(o.name, o.direction) for o in objectives]
        if not find_oracle(search.oracle).is_from_keras_tuner:
            kind = space_kind(config.space.name)
            sized: dict[str, Any] = {"space": space, "graph": graph, "kind": kind}
            oracle = create_oracle(
                search.oracle,
                read_space(space),
                several if len(several) > 1 else first,
                seed=search.seed,
                max_trials=search.trial_limit,
                graph=graph,
                limits=size_limits(search, **sized),
                max_consecutive_failed_trials=None,  # the search has its own rule
            )
            oracle.keeps_files = False
            oracle.verbose = 0
            return cls(oracle, objectives, partial(affordable_limits, config, **sized))
        common: dict[str, Any] = {
            "objective": first,
            "hyperparameters": read_space(space),
            "seed": derived_seed("oracle", search.seed),
            "max_retries_per_trial": 0,
            "max_consecutive_failed_trials": None,
        }
        if search.oracle == "hyperband":
            own: ReplayableOracle = HyperbandOracle(
                max_epochs=config.epochs,
                hyperband_iterations=search.trial_limit or _MANY_ITERATIONS,
                **common,
            )
        else:
            own = _OWN[search.oracle](max_trials=search.trial_limit, **common)
        return cls(own, objectives)

    def propose(self) -> Proposal | NoProposal:
        trial = self._create_trial()
        if trial.status == "IDLE":
            return NoProposal.WAIT
        if trial.status == "STOPPED":
            return NoProposal.EXHAUSTED
        state = self._oracle.get_state()
        hidden = {key: value for key, value in state.items() if key not in _REBUILT_BY_REPLAY}
        # The oracle modifies these lists later.
        values = dict(trial.hyperparameters.values)
        return Proposal(
            trial.trial_id,
            values,
            copy.deepcopy(hidden),
            epochs=values.get("tuner/epochs"),  # set by Hyperband
            parent=values.get("tuner/trial_id"),
            origin="random" if self._oracle.at_random else "oracle",
        )

    def report(self, oracle_trial: str, end: Ended) -> None:
        trial = self._oracle.get_trial(oracle_trial)
        apply_declared(trial.hyperparameters, end.declared)  # end_trial() adds it to the space
        values = self._values(end)
        if values is None:
            failed = end.outcome == Outcome.FAILED
            trial.status, trial.message = "FAILED" if failed else "INVALID", end.message
        else:
            trial.status = "COMPLETED"
            self._oracle.update_trial(oracle_trial, values, step=end.epochs)
        self._oracle.end_trial(trial)
        self._note(oracle_trial, end)

    def limit_sizes(self, trained: Mapping[str, Any], epoch_seconds: float) -> None:
        if self._limits_after is None or not isinstance(self._oracle, SearchOracle):
            return
        limits = self._limits_after(trained, epoch_seconds)
        if limits is not None:
            self._oracle.limit(limits)

    def revise(self, ends: Mapping[str, Ended]) -> bool:
        reported = list(self._ends.items())
        only_appended = list(ends.items())[: len(reported)] == reported
        if not only_appended:
            if not isinstance(self._oracle, SearchOracle) or not self._oracle.revisable:
                return False
            changed = {name: ends.get(name) for name, end in reported if ends.get(name) != end}
            self._take_back([name for name, end in changed.items() if not self._rescore(name, end)])
        for name in [name for name in ends if name not in self._ends]:
            self.report(name, ends[name])
        if not only_appended:
            self._ends = dict(ends)
            self._oracle.end_order = list(ends)
            self._oracle.forget_scores()  # the former ends no longer hold
        return True

    @property
    def refits(self) -> bool:
        return isinstance(self._oracle, SearchOracle) and self._oracle.refits

    def refit(self) -> object:
        return self._oracle.refit()

    def adopt(self, settings: object) -> None:
        self._oracle.adopt(settings)

    def continuation(self) -> str | None:
        return self._oracle.continuation() if isinstance(self._oracle, SearchOracle) else None

    def _rescore(self, name: str, end: Ended | None) -> bool:
        """Replaces the score of a trial that has one, without ending it again, which is slow.

        Returns:
            False if the trial or ``end`` has no score; then the trial is unchanged.
        """
        trial = self._oracle.get_trial(name)
        values = None if end is None else self._values(end)
        if end is None or values is None or trial.status != "COMPLETED":
            return False
        trial.metrics = type(trial.metrics)()
        self._oracle.update_trial(name, values, step=end.epochs)
        trial.status = "COMPLETED"
        self._oracle.score_trial(trial)
        self._note(name, end)
        return True

    def _note(self, name: str, end: Ended) -> None:
        """Stores the latest ``end`` of a trial."""
        self._ends[name] = end
        if isinstance(self._oracle, SearchOracle):
            self._oracle.estimated.pop(name, None)
            if isinstance(end, EstimatedEnd):
                self._oracle.estimated[name] = end.deviation

    def _take_back(self, names: Iterable[str]) -> None:
        """Marks ended trials as in flight again."""
        for name in names:
            trial = self._oracle.get_trial(name)
            trial.status, trial.score, trial.best_step, trial.message = "RUNNING", None, None, None
            trial.metrics = type(trial.metrics)()
            del self._ends[name]
            if isinstance(self._oracle, SearchOracle):
                self._oracle.estimated.pop(name, None)

    def _values(self, end: Ended) -> dict[str, float | None] | None:
        """Returns the value of each objective; None if one of them is unknown."""
        if end.outcome != Outcome.COMPLETED:
            return None
        first, *others = self._objectives
        values = {first.name: end.score, **{other.name: other.of(end) for other in others}}
        return None if None in values.values() else values

    def replay(self, records: Iterable[Record]) -> dict[int, str]:
        ids: dict[int, str] = {}
        hidden: dict[str, Any] = {}
        for record in records:
            if isinstance(record, Proposed):
                self._oracle.recorded.append(dict(record.values))
                ids[record.trial] = self._create_trial().trial_id
                hidden = record.oracle_state or hidden
            elif isinstance(record, Ended):
                self.report(ids[record.trial], record)
        self._oracle.set_state({**self._oracle.get_state(), **hidden})
        return ids

    def _create_trial(self) -> Any:
        self._asked += 1  # for a known tuner id, the oracle returns that tuner's trial again
        return self._oracle.create_trial(f"slot-{self._asked}")
