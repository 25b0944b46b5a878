"""A search on a table: trainings take the table's seconds, on as many machines as are in flight."""

import heapq
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from searching.searchers.searcher import Proposal, Searcher
from searching.tables.table import Scores, Table


@dataclass(frozen=True)
class Conditions:
    """Under which an algorithm is put to a table."""

    table: str
    in_flight: int = 1
    noisy: bool = False
    """Whether a training gives a random one of its known runs instead of their mean."""
    infeasible: float = 0.0
    """The share of points, the costliest ones, that end without a score."""
    budget: int = 200
    """In full trainings."""
    even: bool = False
    """Whether all trainings take equally long."""


@dataclass(frozen=True)
class Ending:
    """How a training ended, in the order of the endings."""

    at: float
    """Seconds since the search began."""
    cost: float
    """In full trainings."""
    observed: Scores | None
    """What the algorithm was told; None for an infeasible point."""
    truth: Scores | None
    """The mean of the point's runs; None too where the training was a short one."""


@dataclass(frozen=True)
class Run:
    endings: tuple[Ending, ...]
    thinking: tuple[float, ...]
    """Seconds that each proposal took."""


def simulate(searcher: Searcher, table: Table, conditions: Conditions, seed: int) -> Run:
    """Runs ``searcher`` until the budget is spent or nothing is left to propose."""
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
        """Fills the machines; whether anything could be started."""
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
        """Goes on to the moment when the next training ends, and reports it."""
        self._now, _, proposal = heapq.heappop(self.running)
        ending = self._ending(proposal)
        self.endings.append(ending)
        self._searcher.tell(proposal, ending.observed)

    def _ending(self, proposal: Proposal) -> Ending:
        table, values, cost = self._table, proposal.values, self._cost(proposal)
        if not table.feasible(values):
            return Ending(self._now, cost, None, None)
        if self._is_short(proposal) and table.early is not None:
            return Ending(self._now, cost, table.early(values), None)
        truth = table.truth(values)
        noisy = self._conditions.noisy
        observed = table.one_run(values, self._noise) if noisy else truth
        return Ending(self._now, cost, observed, truth)

    def _cost(self, proposal: Proposal) -> float:
        epochs = self._table.early_epochs if self._is_short(proposal) else self._table.epochs
        return (epochs - proposal.resumed) / self._table.epochs

    def _is_short(self, proposal: Proposal) -> bool:
        return proposal.epochs is not None and proposal.epochs < self._table.epochs


def to_json(run: Run) -> dict[str, Any]:
    """``run`` as plain data."""
    return {
        "at": [round(ending.at, 3) for ending in run.endings],
        "cost": [ending.cost for ending in run.endings],
        "observed": [ending.observed for ending in run.endings],
        "truth": [ending.truth for ending in run.endings],
        "thinking": [round(seconds, 5) for seconds in run.thinking],
    }


def from_json(data: dict[str, Any]) -> Run:
    """The run that :func:`to_json` made ``data`` of."""
    columns = (data["at"], data["cost"], data["observed"], data["truth"])
    endings = [
        Ending(at, cost, _scores(observed), _scores(truth))
        for at, cost, observed, truth in zip(*columns, strict=True)
    ]
    return Run(tuple(endings), tuple(data["thinking"]))


def _scores(values: list[float] | None) -> Scores | None:
    return None if values is None else tuple(values)
