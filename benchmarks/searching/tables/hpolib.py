"""HPOlib's protein structure table: 62,208 MLPs by nine hyperparameters."""

import json
from pathlib import Path

import numpy as np

from searching.tables.arrays import load, numbering, places
from searching.tables.space import Decision, Space
from searching.tables.table import Goal, Objective, Table

FILE = "hpolib_protein_structure.npz"
_TOP = 0.001


def protein(folder: Path) -> Table:
    """Returns the table of validation mean squared errors. Hits are the top 0.1 % of all points."""
    arrays = load(folder, FILE)
    decisions = tuple(
        Decision(name, tuple(options), ordered=not isinstance(options[0], str))
        for name, options in json.loads(str(arrays["space"])).items()
    )
    order = places(decisions, arrays["key"])
    number = numbering(decisions)
    losses = arrays["val_loss"].astype(float)[order]
    seconds = arrays["train_time"].astype(float).mean(axis=1)[order]
    means = losses.mean(axis=1)
    return Table(
        name="hpolib-protein",
        space=Space(decisions),
        objectives=(Objective("val_loss", "min"),),
        goal=Goal(
            float(means.min()),
            typical=float(np.median(means)),
            near=float(np.quantile(means, _TOP)),
        ),
        runs=lambda values: [(float(loss),) for loss in losses[number(values)]],
        seconds=lambda values: float(seconds[number(values)]),
        quality="validation mean squared error",
    )
