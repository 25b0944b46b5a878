"""Results of all algorithms under the same conditions."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from searching.metrics import Interval, queries_to_near, ratio, regret, volume
from searching.results import Results
from searching.searchers.algorithms import ALGORITHMS
from searching.simulation import Conditions, Run
from searching.tables.arrays import Floats
from searching.tables.table import Front, Table


@dataclass(frozen=True)
class AlgorithmSummary:
    """Results of one algorithm. Curves have the shape (seeds, full trainings)."""

    algorithm: str
    seeds: tuple[int, ...]
    curves: Floats
    """Regret, or the dominated share for several objectives."""
    areas: tuple[float, ...]
    """Mean of each seed's curve, or its last value for several objectives."""
    queries: tuple[float, ...]
    """Trainings until the first hit. Infinite: there was none."""

    @property
    def area(self) -> float:
        """Mean area over the seeds."""
        return statistics.fmean(self.areas)

    @property
    def median(self) -> float:
        """Median of the trainings until the first hit."""
        return float(statistics.median(self.queries))

    @property
    def hits(self) -> float:
        """Share of seeds with a hit."""
        return float(np.mean(np.isfinite(self.queries)))


@dataclass(frozen=True)
class Comparison:
    """Summaries of all algorithms under the same conditions."""

    conditions: Conditions
    table: Table
    summaries: Mapping[str, AlgorithmSummary]

    @property
    def best_peer(self) -> AlgorithmSummary | None:
        """The peer with the smallest area under regret, or the largest dominated volume."""
        peers = [s for s in self.summaries.values() if not ALGORITHMS[s.algorithm].ours]
        better = max if isinstance(self.table.goal, Front) else min
        return better(peers, key=lambda summary: summary.area, default=None)

    def to_best_peer(self, algorithm: str) -> Interval | None:
        """Returns the ratio of an algorithm's area to that of the best peer, over common seeds."""
        ours, peer = self.summaries.get(algorithm), self.best_peer
        if ours is None or peer is None:
            return None
        mine = dict(zip(ours.seeds, ours.areas, strict=True))
        theirs = dict(zip(peer.seeds, peer.areas, strict=True))
        both = sorted(mine.keys() & theirs.keys())
        return ratio([mine[s] for s in both], [theirs[s] for s in both]) if both else None


def compare(results: Results, conditions: Conditions, table: Table) -> Comparison:
    """Returns the comparison of all ``results`` for these conditions."""
    summaries = {}
    for name in results.algorithms(conditions):
        if name in ALGORITHMS and (runs := results.runs(conditions, name)):
            summaries[name] = summarise(name, runs, table, conditions.budget)
    return Comparison(conditions, table, summaries)


def summarise(name: str, runs: Mapping[int, Run], table: Table, budget: int) -> AlgorithmSummary:
    """Summarises an algorithm's runs by seed."""
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
