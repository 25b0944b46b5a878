"""Groups of near duplicates, from pairs of examples that are nearly equal."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Positions = npt.NDArray[np.intp]

_MAX_GROUP_SHARE = 0.5


@dataclass(frozen=True)
class NearDuplicates:
    """Groups of near duplicates."""

    groups: Positions
    """Group of each example, shape (examples,)."""
    too_similar: bool
    """Whether more than half of the examples would form one group. Near duplicates cannot be
    detected then, and each example is a group of its own."""

    @classmethod
    def of(cls, groups: Positions) -> Self:
        """Returns ``groups`` unless more than half of the examples are in one of them."""
        count = len(groups)
        if np.bincount(groups).max() > max(2, _MAX_GROUP_SHARE * count):
            return cls(np.arange(count), too_similar=True)
        return cls(groups, too_similar=False)


def connect(pairs: Positions, count: int) -> Positions:
    """Returns the connected component of each of ``count`` nodes, numbered from 0.

    Args:
        pairs: connected nodes, shape (n, 2).
        count: number of nodes.
    """
    graph = coo_array((np.ones(len(pairs), np.int8), tuple(pairs.T)), (count, count))
    components: Positions = connected_components(graph, directed=False)[1]
    return components
