"""NAS-Bench-Macro: 6,561 networks of eight layers, each one of three blocks, on CIFAR-10."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from searching.tables.arrays import finite_runs, load, numbering, places
from searching.tables.graphs import chain_graph
from searching.tables.space import Decision, Space
from searching.tables.table import Goal, Objective, Table

if TYPE_CHECKING:
    from kubenas.spaces.graph import Graph

FILE = "nasbench_macro.npz"
BLOCKS = ("identity", "mb3_k3", "mb6_k5")
_STAGES = "abcddeff"
"""Stage of each layer. Layers of one stage have the same shape, so an identity has no effect. If
the shape changes, an identity is the convolution that changes it."""
_POINTS = 0.1


def macro(folder: Path) -> Table:
    """Returns the table of test accuracy. Training times are proportional to FLOPs."""
    arrays = load(folder, FILE)
    decisions = tuple(Decision(f"layer_{i + 1}", BLOCKS) for i in range(len(_STAGES)))
    order = places(decisions, arrays["arch"])
    number = numbering(decisions)
    runs = np.stack([arrays[f"acc{run}"] for run in range(3)], axis=1)[order]
    listed = finite_runs(runs)
    parameters = arrays["params"][order]
    megaflops = arrays["flops"][order] / 1e6
    means = runs.mean(axis=1)
    best = float(means.max())

    def graph(values: Mapping[str, Any]) -> "Graph":
        labels = [
            f"{values[decision.name]}@{stage}"
            for decision, stage in zip(decisions, _STAGES, strict=True)
            if values[decision.name] != "identity" or _STAGES.count(stage) == 1
        ]
        return chain_graph(labels, float(parameters[number(values)]))

    return Table(
        name="nasbench-macro",
        space=Space(decisions),
        objectives=(Objective("val_accuracy"),),
        goal=Goal(best, typical=float(np.median(means)), near=best - _POINTS),
        runs=lambda values: listed[number(values)],
        seconds=lambda values: float(megaflops[number(values)]),
        graph=graph,
        quality="test accuracy, points",
    )
