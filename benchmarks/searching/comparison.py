"""How every algorithm did under one set of conditions."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from searching.algorithms import ALGORITHMS
from searching.arrays import Floats
from searching.metrics import Interval, queries_to_near, ratio, regret, volume
from searching.results import Results
from searching.simulation import Conditions, Run
from searching.table import Front, Table


@dataclass(frozen=True)
class AlgorithmSummary:
    """One algorithm's figures. Curves are seeds x full trainings."""

    algorithm: str
    seeds: tuple[int, ...]
    curves: Floats
    """Regret, or for several objectives the dominated share."""
    areas: tuple[float, ...]
    """Each seed's mean over its curve."""
    queries: tuple[float, ...]
    """Trainings to a point as good as the best; infinite where none was found."""

    @property
    def area(self) -> float:
        """The mean over the seeds."""
        return statistics.fmean(self.areas)

    @property
    def median(self) -> float:
        """Of the trainings to a point as good as the best."""
        return float(statistics.median(self.queries))

    @property
    def hits(self) -> float:
        """The share of seeds that found such a point at all."""
        return float(np.mean(np.isfinite(self.queries)))


@dataclass(frozen=True)
class Comparison:
    """All algorithms under the same conditions."""

    conditions: Conditions
    table: Table
    summaries: Mapping[str, AlgorithmSummary]

    @property
    def best_peer(self) -> AlgorithmSummary | None:
        """The peer with the least area under regret, or the most dominated volume."""
        peers = [s for s in self.summaries.values() if not ALGORITHMS[s.algorithm].ours]
        better = max if isinstance(self.table.goal, Front) else min
        return better(peers, key=lambda summary: summary.area, default=None)

    def to_best_peer(self, algorithm: str) -> Interval | None:
        """An algorithm's area by the best peer's, over the seeds that both have."""
        ours, peer = self.summaries.get(algorithm), self.best_peer
        if ours is None or peer is None:
            return None
        mine = dict(zip(ours.seeds, ours.areas, strict=True))
        theirs = dict(zip(peer.seeds, peer.areas, strict=True))
        both = sorted(mine.keys() & theirs.keys())
        return ratio([mine[s] for s in both], [theirs[s] for s in both]) if both else None


def compare(results: Results, conditions: Conditions, table: Table) -> Comparison:
    """What ``results`` hold for these conditions."""
    summaries = {}
    for name in results.algorithms(conditions):
        if name in ALGORITHMS and (runs := results.runs(conditions, name)):
            summaries[name] = summarise(name, runs, table, conditions.budget)
    return Comparison(conditions, table, summaries)


def summarise(name: str, runs: Mapping[int, Run], table: Table, budget: int) -> AlgorithmSummary:
    """An algorithm's figures from its runs by seed."""
    seeds = tuple(sorted(runs))
    ordered = [runs[seed] for seed in seeds]
    goal, objective = table.goal, table.objectives[0]
    queries: tuple[float, ...] = ()
    if isinstance(goal, Front):
        curves = np.stack([volume(run, goal, budget) for run in ordered])
        areas = curves[:, -1]
    else:
        curves = np.stack([regret(run, goal, objective, budget) for run in ordered])
        areas = curves.mean(axis=1)
        queries = tuple(queries_to_near(run, goal, objective) for run in ordered)
    return AlgorithmSummary(name, seeds, curves, tuple(areas.tolist()), queries)
