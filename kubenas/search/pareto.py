"""Which of several candidates no other one beats, where there are several things to be good at."""

import numpy as np
from numpy.typing import NDArray


def non_dominated(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows no other row beats: at least as good in all columns and better in one.

    Args:
        values: ``(candidates, objectives)``, the larger the better.
    """
    # What beats a row comes before it where the first columns descend; and if anything beats it,
    # something on the front does.
    front = np.zeros(len(values), dtype=bool)
    found = np.empty((0, values.shape[1]))
    for row in np.lexsort(tuple(-values.T[::-1])):
        own = values[row]
        if not ((found >= own).all(axis=1) & (found > own).any(axis=1)).any():
            front[row] = True
            found = np.concatenate([found, own[None]])
    return front
