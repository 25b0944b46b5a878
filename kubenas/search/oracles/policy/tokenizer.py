"""Points as sequences of tokens, one per dimension. Long scales are divided into bins."""

from bisect import bisect_left
from functools import partial

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Dimension, Encoding, Floats

INACTIVE = -1
_BINS = 10
"""Bins of a scale that has more values than this."""

Tokens = NDArray[np.intp]


class Tokenizer:
    """Converts points of ``encoding`` to tokens and back. Each dimension has its own tokens."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        ordered = encoding.ordered
        self._edges = [
            _edges(each, ordered=ordered[i]) for i, each in enumerate(encoding.dimensions)
        ]
        sizes = [len(edges) - 1 for edges in self._edges]
        self.offsets: list[int] = [0, *np.cumsum(sizes, dtype=int).tolist()]
        """Dimension ``i`` has the tokens from ``offsets[i]`` to before ``offsets[i + 1]``."""

    def __len__(self) -> int:
        return len(self._edges)

    @property
    def vocabulary_size(self) -> int:
        """Number of different tokens."""
        return self.offsets[-1]

    def tokens(self, points: Floats) -> Tokens:
        """Returns tokens, ``(points, dimensions)``; INACTIVE for inactive dimensions."""
        found = np.full(points.shape, INACTIVE)
        for index, edges in enumerate(self._edges):
            active = ~np.isnan(points[:, index])
            bins = np.searchsorted(edges, points[active, index], side="right") - 1
            found[active, index] = self.offsets[index] + np.clip(bins, 0, len(edges) - 2)
        return found

    def codes(self, index: int, tokens: Tokens, rng: np.random.Generator) -> Floats:
        """Returns codes of dimension ``index``, drawn uniformly from the tokens' bins."""
        edges, bins = self._edges[index], tokens - self.offsets[index]
        drawn = edges[bins] + rng.random(len(bins)) * (edges[bins + 1] - edges[bins])
        return np.asarray(np.floor(drawn) if self.encoding.dimensions[index].levels else drawn)


def _edges(dimension: Dimension, *, ordered: bool) -> Floats:
    """Returns the edges of a dimension's bins, ``(bins + 1,)``."""
    if not dimension.levels:
        return np.linspace(0.0, 1.0, _BINS + 1)
    if not ordered or dimension.levels <= _BINS:
        return np.arange(dimension.levels + 1, dtype=float)
    position = partial(_position, dimension)
    cuts = (part / _BINS for part in range(1, _BINS))
    inner = [bisect_left(range(dimension.levels), cut, key=position) for cut in cuts]
    return np.unique(np.array([0, *inner, dimension.levels], dtype=float))


def _position(dimension: Dimension, code: int) -> float:
    return float(dimension.positions(np.array([float(code)]))[0])
