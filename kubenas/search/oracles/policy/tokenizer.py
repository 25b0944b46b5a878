"""Points as sequences of decisions, one a dimension, each out of a few: scales are cut in bins."""

from bisect import bisect_left
from functools import partial

import numpy as np
from numpy.typing import NDArray

from kubenas.search.oracles.encoding import Dimension, Encoding, Floats

INACTIVE = -1
_BINS = 10
"""Of a scale with more values than that."""

Tokens = NDArray[np.intp]


class Tokenizer:
    """What may be decided in each dimension of ``encoding``, in the order of its dimensions."""

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
        """How many tokens there are."""
        return self.offsets[-1]

    def tokens(self, points: Floats) -> Tokens:
        """``(points, dimensions)``; INACTIVE where a dimension is."""
        found = np.full(points.shape, INACTIVE)
        for index, edges in enumerate(self._edges):
            active = ~np.isnan(points[:, index])
            bins = np.searchsorted(edges, points[active, index], side="right") - 1
            found[active, index] = self.offsets[index] + np.clip(bins, 0, len(edges) - 2)
        return found

    def codes(self, index: int, tokens: Tokens, rng: np.random.Generator) -> Floats:
        """Codes of dimension ``place``, each anywhere within its token's bin."""
        edges, bins = self._edges[index], tokens - self.offsets[index]
        drawn = edges[bins] + rng.random(len(bins)) * (edges[bins + 1] - edges[bins])
        return np.asarray(np.floor(drawn) if self.encoding.dimensions[index].levels else drawn)


def _edges(dimension: Dimension, *, ordered: bool) -> Floats:
    """Where bins begin and, last, where the last one ends."""
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
