"""Dense feature vectors of points, for the ensemble of neural networks."""

import zlib

import numpy as np

from kubenas.search.oracles.encoding import Architectures, Dimension, Encoding, Floats, sizes

_LEVELS = 12
"""Ordered dimensions with at most this many levels also get a column for each level."""
_SUBTREES = 64
"""Columns for hashed subtree counts."""


class EnsembleFeatures:
    """Computes feature vectors of points, with values of similar magnitude.

    Categorical dimensions are one-hot encoded, ordered ones by their position. If the space has
    graphs, hashed subtree counts and two sizes follow. Inactive dimensions are 0.
    """

    def __init__(self, encoding: Encoding, architectures: Architectures) -> None:
        self._encoding = encoding
        self._architectures = architectures
        self._subtrees: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return int(self(np.empty((0, len(self._encoding)))).shape[1])

    def __call__(self, points: Floats) -> Floats:
        """Returns features, ``(points, features)``."""
        dimensions = zip(self._encoding.dimensions, self._encoding.ordered, points.T, strict=True)
        parts = [_columns(each, codes, ordered=ordered) for each, ordered, codes in dimensions]
        if self._architectures.has_graphs:
            parts += self._graphs(points)
        return np.concatenate([np.empty((len(points), 0)), *parts], axis=1)

    def _graphs(self, points: Floats) -> list[Floats]:
        architectures = self._architectures.of(points)
        counts = np.zeros((len(points), _SUBTREES))
        for row, architecture in zip(counts, architectures, strict=True):
            for subtree, count in (architecture.features or {}).items():
                column, sign = self._column(subtree)
                row[column] += sign * count
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        # Typical logarithms are 7 to 18 for parameters and 14 to 25 for operations.
        magnitudes = np.nan_to_num((sizes(architectures) - (13.0, 19.0)) / 2.0)
        return [3.0 * counts / np.maximum(lengths, 1e-12), magnitudes]

    def _column(self, subtree: str) -> tuple[int, float]:
        found = self._subtrees.get(subtree)
        if found is None:
            code = zlib.crc32(subtree.encode())
            found = (code >> 1) % _SUBTREES, 1.0 if code & 1 else -1.0
            self._subtrees[subtree] = found
        return found


def _columns(dimension: Dimension, codes: Floats, *, ordered: bool) -> Floats:
    levels = np.arange(dimension.levels if not ordered or dimension.levels <= _LEVELS else 0)
    each = (codes[:, None] == levels).astype(float)
    if not ordered:
        return np.asarray(each)
    active = ~np.isnan(codes)
    positions = np.where(active, 2.0 * dimension.positions(codes) - 1.0, 0.0)
    return np.column_stack([each, positions, active])
