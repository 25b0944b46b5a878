"""Points as a neural network sees them: always the same columns, each of about the same size."""

import zlib

import numpy as np

from kubenas.search.oracles.encoding import Architectures, Dimension, Encoding, Floats, sizes

_LEVELS = 12
"""Up to so many ordered values, each has a column besides the column for its position."""
_SUBTREES = 64
"""Columns for the subtrees of graphs; which one a subtree is counted in, its hash tells."""


class EnsembleFeatures:
    """Makes rows of features of points.

    One column for each value of a choice, one for each position on a scale, so many for subtrees
    and two for sizes where the space tells of graphs. What is inactive is 0 throughout.
    """

    def __init__(self, encoding: Encoding, architectures: Architectures) -> None:
        self._encoding = encoding
        self._architectures = architectures
        self._subtrees: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return int(self(np.empty((0, len(self._encoding)))).shape[1])

    def __call__(self, points: Floats) -> Floats:
        """``(points, features)``."""
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
        # Natural logarithms of parameters are about 7 to 18, of operations 14 to 25.
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
