"""Arrays of published tables, which list all points of an unconditional space."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searching.tables.space import Decision, Values

Floats = npt.NDArray[np.float64]


class TableNotFound(Exception):
    """The file of a table does not exist. The message says what to do."""


def load(folder: Path, file: str) -> dict[str, npt.NDArray[Any]]:
    """Loads the arrays of a published table.

    Raises:
        TableAbsent: the file is not in ``folder``.
    """
    path = folder / file
    if not path.is_file():
        raise TableNotFound(f"no table {path}; --tables names the folder with {file}")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def places(decisions: Sequence[Decision], points: Sequence[str]) -> npt.NDArray[np.int64]:
    """Returns the table row of each point, in a table that names points by their options' digits.

    Points are numbered in the order in which the last decision changes fastest.
    """
    digits = np.array([[int(digit) for digit in point] for point in points])
    rows = np.empty(int(np.prod([len(d.options) for d in decisions])), dtype=np.int64)
    rows[digits @ weights(decisions)] = np.arange(len(points))
    return rows


def weights(decisions: Sequence[Decision]) -> npt.NDArray[np.int64]:
    """Returns the increment of a point's number for one step in each decision."""
    sizes = [len(decision.options) for decision in decisions]
    return np.array([int(np.prod(sizes[i + 1 :])) for i in range(len(sizes))], dtype=np.int64)


def numbering(decisions: Sequence[Decision]) -> Callable[[Values], int]:
    """Returns a function that maps values to the point's number."""
    steps = [
        (decision.name, {option: i * int(weight) for i, option in enumerate(decision.options)})
        for decision, weight in zip(decisions, weights(decisions), strict=True)
    ]
    return lambda values: sum(step[values[name]] for name, step in steps)


def finite_runs(runs: Floats) -> list[list[tuple[float, ...]]]:
    """Returns the finite scores of each point, from (points, runs)."""
    return [[(float(score),) for score in row if np.isfinite(score)] for row in runs]
