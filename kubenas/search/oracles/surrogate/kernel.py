"""The kernel of the Gaussian process over architectures.

It is a weighted sum of these kernels:

- A product kernel on the values, with the Hamming distance for categorical dimensions and the L1
  distance for ordered ones. Two inactive values have distance 0, an active and an inactive one 1.
- A Weisfeiler-Lehman subtree kernel on the graphs (Ru et al., Interpretable NAS via Bayesian
  Optimisation with Weisfeiler-Lehman Kernels, ICLR 2021).
- A squared-exponential kernel on the sizes, and a linear trend in the sizes (Rasmussen and
  Williams, section 2.7), which extrapolates to larger networks.
- A linear trend in the value counts: a value that helps in one dimension often helps in others
  with the same choices.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.surrogate.input_features import InputFeatures
from kubenas.search.oracles.surrogate.trend import Trend

_FEW_VALUES = 16
"""Unique values of a dimension up to which a matrix product is faster."""


@dataclass(frozen=True)
class Kernel:
    """A kernel with its settings.

    Args:
        ordered: ``(dimensions,)``, whether each dimension is ordered.
        rates: ``(dimensions,)``, inverse length scales.
        weights: weights of the kernels on values, graphs and sizes.
        size_rate: decay with the squared distance of standardised sizes.
        size_trend: linear trend in log parameters and log operations.
        count_trend: linear trend in value counts.
    """

    ordered: NDArray[np.bool_]
    rates: Floats
    weights: tuple[float, float, float]
    size_rate: float
    size_trend: Trend
    count_trend: Trend

    def __call__(self, left: InputFeatures, right: InputFeatures) -> Floats:
        """Returns covariances, ``(left, right)``."""
        if len(left) < len(right):  # much faster with the larger batch on the left
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
        """Returns the prior variances of points, ``(points,)``."""
        trends = self.size_trend.variances(points.sizes)
        trends += self.count_trend.variances(points.value_counts)
        return np.asarray(sum(self.weights) + trends)

    def _distances(self, left: Floats, right: InputFeatures) -> Floats:
        """Returns weighted distances of values, ``(left, right)``.

        Dimensions with few unique values are computed together, as one matrix product.
        """
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
    """Returns the squared distances of standardised sizes, ``(left, right)``."""
    total = np.zeros((len(left), len(right)))
    for own, others in zip(left.T, right.T, strict=True):
        total += (own[:, None] - others[None]) ** 2
    return total


def graph_similarity(left: InputFeatures, right: InputFeatures) -> Floats:
    """Returns the squared cosine similarity of subtree counts, ``(left, right)``."""
    if left.subtree_counts is None or right.subtree_counts is None:
        raise ValueError("these points have no graphs")
    used = np.unique(right.subtree_counts.indices)  # other columns add nothing
    narrow = (
        right.subtree_counts[:, used].toarray(order="F").T
    )  # in the memory order of the product
    return np.asarray(left.subtree_counts[:, used] @ narrow) ** 2


def distances(left: Floats, right: Floats, *, ordered: bool) -> Floats:
    """Returns distances in one dimension, ``(left, right)``, at most 1.

    Two inactive values have distance 0, an active and an inactive one have distance 1.
    """
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
