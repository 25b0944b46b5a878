"""Tables that list every point of an unconditional space."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searching.space import Decision, Values

Floats = npt.NDArray[np.float64]


class TableNotFound(Exception):
    """A table's file is not there. The message says what to do."""


def load(folder: Path, file: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a published table.

    Raises:
        TableAbsent: the file is not in ``folder``.
    """
    path = folder / file
    if not path.is_file():
        raise TableNotFound(f"no table {path}; --tables names the folder with {file}")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def places(decisions: Sequence[Decision], points: Sequence[str]) -> npt.NDArray[np.int64]:
    """Where each point of the space is in a table that names points by their options' digits.

    Point number n of the space (the last decision counts fastest) is row ``places[n]``.
    """
    digits = np.array([[int(digit) for digit in point] for point in points])
    rows = np.empty(int(np.prod([len(d.options) for d in decisions])), dtype=np.int64)
    rows[digits @ weights(decisions)] = np.arange(len(points))
    return rows


def weights(decisions: Sequence[Decision]) -> npt.NDArray[np.int64]:
    """What a step in each decision adds to a point's number."""
    sizes = [len(decision.options) for decision in decisions]
    return np.array([int(np.prod(sizes[i + 1 :])) for i in range(len(sizes))], dtype=np.int64)


def numbering(decisions: Sequence[Decision]) -> Callable[[Values], int]:
    """A function that gives a point's number."""
    steps = [
        (decision.name, {option: i * int(weight) for i, option in enumerate(decision.options)})
        for decision, weight in zip(decisions, weights(decisions), strict=True)
    ]
    return lambda values: sum(step[values[name]] for name, step in steps)


def finite_runs(runs: Floats) -> list[list[tuple[float, ...]]]:
    """Of points x runs, each point's runs that were made."""
    return [[(float(score),) for score in row if np.isfinite(score)] for row in runs]
