"""Features of points for Gaussian processes: positions, subtree counts, sizes, value counts."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kubenas.search.oracles.encoding import Architecture, Architectures, Encoding, Floats, sizes

_COLUMNS = 4096
"""Columns of the hashed subtree counts. A network has some dozens of subtrees."""

_Row: TypeAlias = tuple[NDArray[np.int32], Floats]


@dataclass(frozen=True)
class InputFeatures:
    """Features of a batch of points."""

    positions: Floats
    """``(points, dimensions)``: see :meth:`Encoding.positions`."""
    subtree_counts: sparse.csr_array | None
    """``(points, columns)``: hashed subtree counts, of norm 1. None: the space has no graphs."""
    sizes: Floats
    """``(points, 2)``: logarithms of parameters and operations. NaN: unknown."""
    value_counts: Floats
    """``(points, columns)``: see :meth:`Encoding.value_counts`. No columns if the space has graphs,
    whose subtree counts contain the same information.
    """

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def occurrences(self) -> list[tuple[Floats, NDArray[np.intp]]]:
        """By dimension, the unique values and the index of each point's value."""
        return [np.unique(column, return_inverse=True) for column in self.positions.T]

    def __getitem__(self, rows: NDArray[np.intp]) -> "InputFeatures":
        subtree_counts = None if self.subtree_counts is None else self.subtree_counts[rows]
        return InputFeatures(
            self.positions[rows], subtree_counts, self.sizes[rows], self.value_counts[rows]
        )

    def with_more(self, other: "InputFeatures") -> "InputFeatures":
        """Returns these points followed by those of ``other``."""
        subtree_counts = None
        if self.subtree_counts is not None and other.subtree_counts is not None:
            subtree_counts = sparse.vstack(
                [self.subtree_counts, other.subtree_counts], format="csr"
            )
        return InputFeatures(
            np.concatenate([self.positions, other.positions]),
            subtree_counts,
            np.concatenate([self.sizes, other.sizes]),
            np.concatenate([self.value_counts, other.value_counts]),
        )


class FeatureExtractor:
    """Computes the features of points, and caches the hashed subtree counts."""

    def __init__(self, encoding: Encoding, architectures: Architectures) -> None:
        self._encoding = encoding
        self._architectures = architectures
        self._rows: dict[object, _Row] = {}

    def extract(self, points: Floats) -> InputFeatures:
        """Returns the features of ``points``."""
        architectures = self._architectures.of(points)
        positions, known = self._encoding.positions(points), sizes(architectures)
        if self._architectures.has_graphs:
            return InputFeatures(
                positions, self._subtree_counts(architectures), known, np.empty((len(points), 0))
            )
        return InputFeatures(positions, None, known, self._encoding.value_counts(points))

    def _subtree_counts(self, architectures: list[Architecture]) -> sparse.csr_array:
        rows = [self._row(architecture) for architecture in architectures]
        lengths = [len(columns) for columns, _ in rows]
        columns = np.concatenate([np.empty(0, dtype=np.int32), *(each for each, _ in rows)])
        counts = np.concatenate([np.empty(0), *(each for _, each in rows)])
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return sparse.csr_array((counts, columns, bounds), shape=(len(rows), _COLUMNS))

    def _row(self, architecture: Architecture) -> _Row:
        row = self._rows.get(architecture.key)
        if row is None:
            row = self._rows[architecture.key] = _hashed(architecture)
        return row


def _hashed(architecture: Architecture) -> _Row:
    totals: dict[int, float] = {}
    for feature, count in (architecture.features or {}).items():
        column = zlib.crc32(feature.encode()) % _COLUMNS
        totals[column] = totals.get(column, 0.0) + count
    columns = np.array(sorted(totals), dtype=np.int32)
    counts = np.array([totals[column] for column in columns])
    return columns, counts / max(float(np.linalg.norm(counts)), 1e-12)
