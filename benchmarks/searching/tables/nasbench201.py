"""NAS-Bench-201: 15,625 cells trained on three data sets, and their latency on devices."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from searching.hypervolume import dominated, scaled
from searching.tables import cells
from searching.tables.arrays import Floats, finite_runs, load, numbering, places
from searching.tables.graphs import cell_graph
from searching.tables.space import Space, Values
from searching.tables.table import Front, Goal, Objective, Scores, Table

if TYPE_CHECKING:
    from kubenas.spaces.graph import Graph

FILE = "nasbench201.npz"
LATENCY_FILE = "nb201_hw_latency_HELP.npz"
DATA_SETS = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet": "ImageNet16-120"}
DEVICES = ("1080ti_1", "gold_6226", "pixel3", "raspi4", "fpga")
ACCURACY = Objective("val_accuracy", "max")
LATENCY = Objective("latency_ms", "min")
_POINTS = 0.1
_CURVE_EPOCHS = 100
_CURVE_NOISE = 2.0
"""Standard deviation of accuracies before the end of a training, in points."""


def accuracy(folder: Path, data_set: str) -> Table:
    """Returns the table of validation accuracy after 200 epochs, and after 12 epochs."""
    arrays = load(folder, FILE)
    decisions = cells.decisions()
    order = places(decisions, arrays["code"])
    number = numbering(decisions)
    runs = _runs(arrays, data_set)[order]
    listed = finite_runs(runs)
    early = arrays[f"{data_set}_val12"][order]
    seconds = arrays[f"{data_set}_traintime200"][order]
    means = np.nanmean(runs, axis=1)
    best = float(means.max())
    return Table(
        name=f"nasbench201-{data_set}",
        space=Space(decisions),
        objectives=(ACCURACY,),
        goal=Goal(best, typical=float(np.median(means)), near=best - _POINTS),
        runs=lambda values: listed[number(values)],
        seconds=lambda values: float(seconds[number(values)]),
        early=lambda values, _: (float(early[number(values)]),),
        early_epochs=12,
        epochs=200,
        graph=_graph(arrays, data_set, order),
        quality="validation accuracy, points",
    )


def curves(folder: Path, data_set: str) -> Table:
    """Returns the table of validation accuracy with synthetic learning curves of 100 epochs.

    The curves pass through the measured accuracies: that of trainings of 12 epochs at epoch 12,
    and that of trainings of 200 epochs at the end. In between they are linear in the logarithm of
    the epochs, with independent noise as at a high learning rate.
    """
    base = accuracy(folder, data_set)
    arrays = load(folder, FILE)
    number = numbering(base.space.decisions)
    order = places(base.space.decisions, arrays["code"])
    ends = np.nanmean(_runs(arrays, data_set)[order], axis=1)
    known = arrays[f"{data_set}_val12"][order]

    @cache
    def scores(epochs: int) -> Floats:
        share = np.log(epochs / 12) / np.log(_CURVE_EPOCHS / 12)
        begun = np.log(epochs + 1) / np.log(13)
        clean = known + share * (ends - known) if epochs > 12 else known * begun
        noise = np.random.default_rng([epochs]).normal(0.0, _CURVE_NOISE, len(clean))
        return np.asarray(clean + noise)

    return replace(
        base,
        name=f"nasbench201-{data_set}-curves",
        early=lambda values, epochs: (float(scores(epochs)[number(values)]),),
        early_epochs=2,
        epochs=_CURVE_EPOCHS,
        has_curves=True,
    )


def accuracy_and_latency(folder: Path, device: str) -> Table:
    """Returns the table of CIFAR-10 accuracy and measured batch latency on ``device``.

    Cells without a path from input to output have the accuracy of random guessing and no latency.
    The reference point has the worst accuracy, so these cells add no dominated volume.
    """
    base = accuracy(folder, "cifar10")
    arrays = load(folder, LATENCY_FILE)
    number = numbering(base.space.decisions)
    order = places(base.space.decisions, arrays["code"])
    latency = arrays[f"{device}_ms"][order]

    def runs(values: Values) -> list[Scores]:
        return [(score, float(latency[number(values)])) for (score,) in base.runs(values)]

    means = np.nanmean(_runs(load(folder, FILE), "cifar10"), axis=1)
    means = means[places(base.space.decisions, load(folder, FILE)["code"])]
    objectives = (ACCURACY, LATENCY)
    return Table(
        name=f"latency-{device}",
        space=base.space,
        objectives=objectives,
        goal=front(np.stack([means, latency], axis=1), objectives),
        runs=runs,
        seconds=base.seconds,
        graph=base.graph,
        quality="dominated share of what can be dominated",
    )


def front(scores: Floats, objectives: tuple[Objective, ...]) -> Front:
    """Returns the front of (points, objectives)."""
    signs = np.array([objective.sign for objective in objectives])
    worst = tuple(float(score) for score in signs * (signs * scores).min(axis=0))
    best = tuple(float(score) for score in signs * (signs * scores).max(axis=0))
    return Front(worst, best, dominated(scaled(scores, worst, best)))


def _runs(arrays: Mapping[str, Any], data_set: str) -> Floats:
    """Returns (points, runs). NaN: there is no such run."""
    return np.stack([arrays[f"{data_set}_val200_s{run}"] for run in range(3)], axis=1)


def _graph(
    arrays: Mapping[str, Any], data_set: str, order: npt.NDArray[np.int64]
) -> Callable[[Mapping[str, Any]], "Graph"]:
    number = numbering(cells.decisions())
    parameters = arrays[f"{data_set}_params_M"][order]
    return lambda values: cell_graph(values, 1e6 * float(parameters[number(values)]))
