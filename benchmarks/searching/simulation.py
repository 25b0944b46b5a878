"""Simulation of a search on a table, with several trainings in flight."""

import heapq
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from searching.searchers.searcher import Proposal, Searcher
from searching.tables.table import Scores, Table


@dataclass(frozen=True)
class Conditions:
    """The conditions of a simulated search."""

    table: str
    in_flight: int = 1
    noisy: bool = False
    """Whether a training returns a random one of its known runs instead of their mean."""
    infeasible: float = 0.0
    """Share of points, those with the longest trainings, that end without a score."""
    budget: int = 200
    """Budget in full trainings."""
    even: bool = False
    """Whether all trainings take the same time."""


@dataclass(frozen=True)
class Ending:
    """The end of a training."""

    at: float
    """Simulated seconds since the start of the search."""
    cost: float
    """Cost in full trainings."""
    observed: Scores | None
    """Scores that the algorithm got. None: the point is infeasible."""
    truth: Scores | None
    """Mean of the point's runs. None: the point is infeasible, or the training was short."""


@dataclass(frozen=True)
class Run:
    endings: tuple[Ending, ...]
    thinking: tuple[float, ...]
    """Seconds of each proposal."""


def simulate(searcher: Searcher, table: Table, conditions: Conditions, seed: int) -> Run:
    """Runs ``searcher`` until the budget is spent or the space is exhausted."""
    clock = _Clock(searcher, table, conditions, seed)
    while clock.start_trainings() or clock.running:
        clock.end_next()
    return Run(tuple(clock.endings), tuple(clock.thinking))


class _Clock:
    def __init__(self, searcher: Searcher, table: Table, conditions: Conditions, seed: int) -> None:
        self._searcher, self._table, self._conditions = searcher, table, conditions
        self._noise = np.random.default_rng([seed, 1])
        self._now = self._spent = 0.0
        self.running: list[tuple[float, int, Proposal]] = []
        self.endings: list[Ending] = []
        self.thinking: list[float] = []

    def start_trainings(self) -> bool:
        """Starts trainings up to the limit in flight. Returns whether any was started."""
        before = len(self.thinking)
        while len(self.running) < self._conditions.in_flight:
            if self._spent > self._conditions.budget - 1e-9:
                break
            begun = time.perf_counter()
            proposal = self._searcher.ask()
            if proposal is None:
                break
            self.thinking.append(time.perf_counter() - begun)
            cost = self._cost(proposal)
            self._spent += cost
            seconds = 1.0 if self._conditions.even else self._table.seconds(proposal.values)
            end = self._now + cost * seconds
            heapq.heappush(self.running, (end, len(self.thinking), proposal))
        return len(self.thinking) > before

    def end_next(self) -> None:
        """Advances to the next end of a training and reports it."""
        self._now, _, proposal = heapq.heappop(self.running)
        ending = self._ending(proposal)
        self.endings.append(ending)
        self._searcher.tell(proposal, ending.observed)

    def _ending(self, proposal: Proposal) -> Ending:
        table, values, cost = self._table, proposal.values, self._cost(proposal)
        if not table.feasible(values):
            return Ending(self._now, cost, None, None)
        if self._is_short(proposal) and table.early is not None:
            return Ending(self._now, cost, table.early(values, self._epochs(proposal)), None)
        truth = table.truth(values)
        noisy = self._conditions.noisy
        observed = table.one_run(values, self._noise) if noisy else truth
        return Ending(self._now, cost, observed, truth)

    def _cost(self, proposal: Proposal) -> float:
        return (self._epochs(proposal) - proposal.resumed) / self._table.epochs

    def _epochs(self, proposal: Proposal) -> int:
        """Returns the epochs of the training, as far as the table knows its scores after them."""
        if not self._is_short(proposal):
            return self._table.epochs
        known = proposal.epochs if self._table.has_curves else None
        return known or self._table.early_epochs

    def _is_short(self, proposal: Proposal) -> bool:
        return proposal.epochs is not None and proposal.epochs < self._table.epochs


def to_json(run: Run) -> dict[str, Any]:
    """Returns ``run`` as JSON data."""
    return {
        "at": [round(ending.at, 3) for ending in run.endings],
        "cost": [ending.cost for ending in run.endings],
        "observed": [ending.observed for ending in run.endings],
        "truth": [ending.truth for ending in run.endings],
        "thinking": [round(seconds, 5) for seconds in run.thinking],
    }


def from_json(data: dict[str, Any]) -> Run:
    """Returns the run of data from :func:`to_json`."""
    columns = (data["at"], data["cost"], data["observed"], data["truth"])
    endings = [
        Ending(at, cost, _scores(observed), _scores(truth))
        for at, cost, observed, truth in zip(*columns, strict=True)
    ]
    return Run(tuple(endings), tuple(data["thinking"]))


def _scores(values: list[float] | None) -> Scores | None:
    return None if values is None else tuple(values)
