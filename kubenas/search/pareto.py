"""Non-dominated sorting: the Pareto front of candidates with several objectives."""

import numpy as np
from numpy.typing import NDArray


def non_dominated(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns a mask of the rows that no other row dominates.

    A row dominates another one if it is at least as good in all columns and better in one.

    Args:
        values: shape ``(candidates, objectives)``; larger is better.
    """
    # Rows are visited in descending lexicographic order, so a dominating row comes first. A
    # dominated row is also dominated by a row on the front.
    front = np.zeros(len(values), dtype=bool)
    found = np.empty((0, values.shape[1]))
    for row in np.lexsort(tuple(-values.T[::-1])):
        own = values[row]
        if not ((found >= own).all(axis=1) & (found > own).any(axis=1)).any():
            front[row] = True
            found = np.concatenate([found, own[None]])
    return front
