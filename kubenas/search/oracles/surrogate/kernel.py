"""How alike two architectures are: the covariance of a Gaussian process over a space.

A weighted sum of a product kernel on the values (Hamming distance for unordered choices, L1 for
ordered and numeric ones, nothing where both are inactive, 1 where only one is), a Weisfeiler-Lehman
subtree kernel on the graphs (Ru et al., Interpretable NAS via Bayesian Optimisation with
Weisfeiler-Lehman Kernels, ICLR 2021), a squared-exponential one on sizes, and a linear trend in
them (Rasmussen and Williams, section 2.7): of networks larger than any so far, more is expected
where larger ones did better, and not the mean of all. So too for how often a value is chosen in
dimensions with the same choices: what helps in one place often helps in another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.surrogate.input_features import InputFeatures
from kubenas.search.oracles.surrogate.trend import Trend

_FEW_VALUES = 16
"""Values that occur in one dimension, up to which a product of matrices is the faster way."""


@dataclass(frozen=True)
class Kernel:
    """A kernel with its settings.

    Args:
        ordered: which dimensions have positions; the others have codes.
        rates: ``(dimensions,)``, the decay of likeness with distance in each.
        weights: of values, graphs and sizes.
        size_rate: the decay of likeness with the squared distance of standardised sizes.
        size_trend: in log parameters and log operations.
        tally_trend: in how often values are chosen.
    """

    ordered: NDArray[np.bool_]
    rates: Floats
    weights: tuple[float, float, float]
    size_rate: float
    size_trend: Trend
    count_trend: Trend

    def __call__(self, left: InputFeatures, right: InputFeatures) -> Floats:
        """Covariances, ``(left, right)``."""
        if len(left) < len(right):  # with the many on the left it is much faster
            return self(right, left).T
        values, graphs, size_weight = self.weights
        total = values * np.exp(-self._distances(left.positions, right))
        if left.subtree_counts is not None and right.subtree_counts is not None:
            total += graphs * graph_similarity(left, right)
        if self.size_trend.scaler.used.any():
            own, others = self.size_trend.scaler(left.sizes), self.size_trend.scaler(right.sizes)
            total += size_weight * np.exp(-0.5 * self.size_rate * squared_distances(own, others))
        total += self.size_trend(left.sizes, right.sizes)
        total += self.count_trend(left.value_counts, right.value_counts)
        return np.asarray(total)

    def variances(self, points: InputFeatures) -> Floats:
        """Of each point before anything is observed, ``(points,)``."""
        trends = self.size_trend.variances(points.sizes)
        trends += self.count_trend.variances(points.value_counts)
        return np.asarray(sum(self.weights) + trends)

    def _distances(self, left: Floats, right: InputFeatures) -> Floats:
        """Of the values: where few of them occur, by a product of two matrices for all at once."""
        total = np.zeros((len(left), len(right)))
        parts, occurs = [np.empty((len(left), 0))], [np.empty((0, len(right)))]
        for index in np.flatnonzero(self.rates > 0):
            ordered = bool(self.ordered[index])
            values, which = right.occurrences[index]
            if len(values) > _FEW_VALUES:
                column = right.positions[:, index]
                total += self.rates[index] * distances(left[:, index], column, ordered=ordered)
                continue
            parts.append(self.rates[index] * distances(left[:, index], values, ordered=ordered))
            occurs.append((np.arange(len(values))[:, None] == which).astype(float))
        total += np.concatenate(parts, axis=1) @ np.concatenate(occurs)
        return total


def squared_distances(left: Floats, right: Floats) -> Floats:
    """Between standardised sizes, ``(left, right)``."""
    total = np.zeros((len(left), len(right)))
    for own, others in zip(left.T, right.T, strict=True):
        total += (own[:, None] - others[None]) ** 2
    return total


def graph_similarity(left: InputFeatures, right: InputFeatures) -> Floats:
    """The squared normalised dot product of subtree counts, ``(left, right)``."""
    if left.subtree_counts is None or right.subtree_counts is None:
        raise ValueError("these points have no graphs")
    used = np.unique(right.subtree_counts.indices)  # the others meet nothing
    narrow = (
        right.subtree_counts[:, used].toarray(order="F").T
    )  # as the product reads it: row by row
    return np.asarray(left.subtree_counts[:, used] @ narrow) ** 2


def distances(left: Floats, right: Floats, *, ordered: bool) -> Floats:
    """Distances in one dimension, ``(left, right)``, at most 1; inactive: 0 to its like, else 1."""
    return _absolute_distances(left, right) if ordered else _mismatches(left, right)


def _absolute_distances(left: Floats, right: Floats) -> Floats:
    difference = np.abs(left[:, None] - right[None])
    if np.isnan(difference).any():
        inactive = np.isnan(left)[:, None] != np.isnan(right)[None]
        return np.where(np.isnan(difference), inactive.astype(float), difference)
    return difference


def _mismatches(left: Floats, right: Floats) -> Floats:
    codes = np.nan_to_num(left, nan=-1.0)[:, None], np.nan_to_num(right, nan=-1.0)[None]
    return np.asarray(codes[0] != codes[1], dtype=float)
