"""Oracles, ours and Keras-Tuner's, behind :class:`kubenas.search.proposals.proposer.Proposer`.

Keras-Tuner's own keep their state in files that a crash can leave half written and out of step
with what was run. Here the journal is the truth: an oracle is brought back by taking it through
the recorded proposals and ends again, without files. ``populate_space`` is what Keras-Tuner offers
to be overridden, and during a replay ours hands out the recorded values, which spares Bayesian
optimisation its seconds of thought. What it hides besides (the state of the random generator,
Hyperband's brackets) is in ``get_state()`` and travels in the journal; all else of that state
is left out, for it grows with every trial.
"""

import copy
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

import keras_tuner
import numpy as np
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    HyperbandOracle,
    RandomSearchOracle,
)

from kubenas.config import Config
from kubenas.search.journal import Ended, Proposed, Record
from kubenas.search.objectives import Objective, objectives_of
from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.catalog import find_oracle
from kubenas.search.oracles.create import create_oracle
from kubenas.search.oracles.encoding import GraphOf, Limits
from kubenas.search.proposals.proposer import NoProposal, Proposal
from kubenas.search.seeds import derived_seed
from kubenas.search.space import take_declared
from kubenas.search.space.point import read_space
from kubenas.trial import Outcome

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


class Replayable(Protocol):
    """What is asked of an oracle besides Keras-Tuner's protocol."""

    recorded: deque[dict[str, Any]]
    """Values that the next trials get before anything is suggested."""
    end_order: list[str]
    """Keras-Tuner's: ids of the trials that have ended."""
    at_random: bool
    """Whether the latest proposal was drawn at random, whatever the scores."""

    def __getattr__(self, name: str) -> Any:
        """Keras-Tuner's own, which are untyped."""


class _Replayable(keras_tuner.Oracle):  # type: ignore[misc]  # keras_tuner is untyped
    """Proposes recorded values first, and writes nothing to its own files."""

    at_random = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.recorded: deque[dict[str, Any]] = deque()
        self.verbose = 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        if self.recorded:
            return {"status": "RUNNING", "values": self.recorded.popleft()}
        return dict(super().populate_space(trial_id))

    def save(self) -> None:
        """Keeps nothing: the journal is the truth."""

    def _save_trial(self, trial: Any) -> None:
        """Nor this."""


class _Random(_Replayable, RandomSearchOracle):  # type: ignore[misc]
    at_random = True


class _Bayesian(_Replayable, BayesianOptimizationOracle):  # type: ignore[misc]
    def populate_space(self, trial_id: str) -> dict[str, Any]:
        if not self.trials and not self.recorded:
            # Whoever made the space has said what is sensible: know that before anything else.
            self.recorded.append(_defaults(self.hyperparameters))
        # Its generator is not part of its state; tied to the trial, a restart draws the same.
        seed = derived_seed("acquisition", self.seed, len(self.trials))
        self._random_state = np.random.RandomState(seed)
        completed = sum(trial.status == "COMPLETED" for trial in self.trials.values())
        initial = self.num_initial_points or max(3 * len(self.hyperparameters.space), 3)
        self.at_random = not self.recorded and completed < initial
        return super().populate_space(trial_id)


class _Hyperband(_Replayable, HyperbandOracle):  # type: ignore[misc]
    pass


class KerasTunerProposer:
    """See :class:`kubenas.search.proposals.proposer.Revisable`."""

    def __init__(self, oracle: Replayable, objectives: Sequence[Objective]) -> None:
        self._oracle = oracle
        self._objectives = objectives
        self._asked = 0
        self._ends: dict[str, Ended] = {}
        """As told, by the oracle's ids."""

    @classmethod
    def create(
        cls,
        config: Config,
        *,
        space: Mapping[str, Any],
        graph: GraphOf | None = None,
    ) -> Self:
        """The oracle that ``config`` names; arguments as for ``create_proposer``."""
        search = config.search
        objectives = objectives_of(search)
        first, *_ = several = [keras_tuner.Objective(o.name, o.direction) for o in objectives]
        if not find_oracle(search.oracle).is_from_keras_tuner:
            oracle = create_oracle(
                search.oracle,
                read_space(space),
                several if len(several) > 1 else first,
                seed=search.seed,
                max_trials=search.max_trials,
                graph=graph,
                limits=Limits(search.limits.parameters, search.limits.flops),
                max_consecutive_failed_trials=None,  # the search has a rule of its own
            )
            oracle.keeps_files = False
            oracle.verbose = 0
            return cls(oracle, objectives)
        common: dict[str, Any] = {
            "objective": first,
            "hyperparameters": read_space(space),
            "seed": derived_seed("oracle", search.seed),
            "max_retries_per_trial": 0,
            "max_consecutive_failed_trials": None,
        }
        if search.oracle == "hyperband":
            own: _Replayable = _Hyperband(
                max_epochs=config.training.epochs,
                hyperband_iterations=search.max_trials,  # the search's budget ends it before
                **common,
            )
        else:
            kind = {"keras_tuner.random": _Random, "keras_tuner.bayesian": _Bayesian}[search.oracle]
            own = kind(max_trials=search.max_trials, **common)
        return cls(own, objectives)

    def propose(self) -> Proposal | NoProposal:
        trial = self._create_trial()
        if trial.status == "IDLE":
            return NoProposal.WAIT
        if trial.status == "STOPPED":
            return NoProposal.EXHAUSTED
        state = self._oracle.get_state()
        hidden = {key: value for key, value in state.items() if key not in _REBUILT_BY_REPLAY}
        # The oracle goes on changing the lists that it has given us: take a copy.
        values = dict(trial.hyperparameters.values)
        return Proposal(
            trial.trial_id,
            values,
            copy.deepcopy(hidden),
            epochs=values.get("tuner/epochs"),  # Hyperband's, which notes them among the values
            parent=values.get("tuner/trial_id"),
            origin="random" if self._oracle.at_random else "oracle",
        )

    def report(self, oracle_trial: str, end: Ended) -> None:
        trial = self._oracle.get_trial(oracle_trial)
        take_declared(trial.hyperparameters, end.declared)  # end_trial() adds it to the space
        values = self._values(end)
        if values is None:
            failed = end.outcome == Outcome.FAILED
            trial.status, trial.message = "FAILED" if failed else "INVALID", end.message
        else:
            trial.status = "COMPLETED"
            self._oracle.update_trial(oracle_trial, values, step=end.epochs)
        self._oracle.end_trial(trial)
        self._ends[oracle_trial] = end

    def revise(self, ends: Mapping[str, Ended]) -> bool:
        told = list(self._ends.items())
        grown = list(ends.items())[: len(told)] == told
        if not grown:
            if not isinstance(self._oracle, SearchOracle) or not self._oracle.revisable:
                return False
            self._take_back([name for name, end in told if ends.get(name) != end])
        for name in [name for name in ends if name not in self._ends]:
            self.report(name, ends[name])
        if not grown:
            self._ends = dict(ends)
            self._oracle.end_order = list(ends)
            self._oracle.prepare()  # what was learnt of other ends is void
        return True

    def _take_back(self, names: Iterable[str]) -> None:
        """These trials are in flight again."""
        for name in names:
            trial = self._oracle.get_trial(name)
            trial.status, trial.score, trial.best_step, trial.message = "RUNNING", None, None, None
            trial.metrics = type(trial.metrics)()
            del self._ends[name]

    def _values(self, end: Ended) -> dict[str, float | None] | None:
        """Of each objective; None: the trial has no score, or a cost could not be measured."""
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
        self._asked += 1  # under a known name, the oracle would repeat what that one got
        return self._oracle.create_trial(f"slot-{self._asked}")


def _defaults(space: keras_tuner.HyperParameters) -> dict[str, Any]:
    """The default of each hyperparameter that is active when all have their defaults."""
    defaults = keras_tuner.HyperParameters()
    defaults.merge(space.space)
    return dict(defaults.values)
