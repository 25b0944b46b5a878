"""Points with all that a surrogate looks at, each worked out once."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kubenas.search.oracles.encoding import Design, Designs, Encoding, Floats, sizes

_COLUMNS = 4096
"""Subtrees are hashed to so many columns; a network has some dozens of them."""

_Row: TypeAlias = tuple[NDArray[np.int32], Floats]


@dataclass(frozen=True)
class Inputs:
    """Points as a surrogate sees them."""

    positions: Floats
    """``(points, dimensions)``: see :meth:`Encoding.positions`."""
    features: sparse.csr_array | None
    """``(points, columns)``, rows of length 1; None: the space tells of no graphs."""
    sizes: Floats
    """``(points, 2)``: logarithms of parameters and operations; NaN: not known."""
    tallies: Floats
    """``(points, columns)``: see :meth:`Encoding.tallies`; no columns where there are graphs, whose
    subtrees tell as much.
    """

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def occurrences(self) -> list[tuple[Floats, NDArray[np.intp]]]:
        """Of each dimension the values that occur, and the place among them of each point's."""
        return [np.unique(column, return_inverse=True) for column in self.positions.T]

    def __getitem__(self, rows: NDArray[np.intp]) -> "Inputs":
        features = None if self.features is None else self.features[rows]
        return Inputs(self.positions[rows], features, self.sizes[rows], self.tallies[rows])

    def with_more(self, other: "Inputs") -> "Inputs":
        """These points and then those of ``other``."""
        features = None
        if self.features is not None and other.features is not None:
            features = sparse.vstack([self.features, other.features], format="csr")
        return Inputs(
            np.concatenate([self.positions, other.positions]),
            features,
            np.concatenate([self.sizes, other.sizes]),
            np.concatenate([self.tallies, other.tallies]),
        )


class Atlas:
    """Makes :class:`Inputs` of points."""

    def __init__(self, encoding: Encoding, designs: Designs) -> None:
        self._encoding = encoding
        self._designs = designs
        self._rows: dict[object, _Row] = {}

    def inputs(self, points: Floats) -> Inputs:
        """``points`` as a surrogate sees them."""
        designs = self._designs.of(points)
        positions, known = self._encoding.positions(points), sizes(designs)
        if self._designs.has_graphs:
            return Inputs(positions, self._features(designs), known, np.empty((len(points), 0)))
        return Inputs(positions, None, known, self._encoding.tallies(points))

    def _features(self, designs: list[Design]) -> sparse.csr_array:
        rows = [self._row(design) for design in designs]
        lengths = [len(columns) for columns, _ in rows]
        columns = np.concatenate([np.empty(0, dtype=np.int32), *(each for each, _ in rows)])
        counts = np.concatenate([np.empty(0), *(each for _, each in rows)])
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return sparse.csr_array((counts, columns, bounds), shape=(len(rows), _COLUMNS))

    def _row(self, design: Design) -> _Row:
        row = self._rows.get(design.key)
        if row is None:
            row = self._rows[design.key] = _hashed(design)
        return row


def _hashed(design: Design) -> _Row:
    totals: dict[int, float] = {}
    for feature, count in (design.features or {}).items():
        column = zlib.crc32(feature.encode()) % _COLUMNS
        totals[column] = totals.get(column, 0.0) + count
    columns = np.array(sorted(totals), dtype=np.int32)
    counts = np.array([totals[column] for column in columns])
    return columns, counts / max(float(np.linalg.norm(counts)), 1e-12)
