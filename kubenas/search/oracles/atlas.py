"""Points with all that a surrogate looks at, each worked out once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kubenas.search.oracles.designs import Design, Designs, sizes
from kubenas.search.oracles.dimension import Floats
from kubenas.search.oracles.encoding import Encoding


@dataclass(frozen=True)
class Inputs:
    """Points as a surrogate sees them."""

    positions: Floats
    """``(points, dimensions)``: see :meth:`Encoding.positions`."""
    features: sparse.csr_matrix | None
    """``(points, subtrees)``, rows of length 1; None: the space tells of no graphs."""
    sizes: Floats
    """``(points, 2)``: logarithms of parameters and operations; NaN: not known."""

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, rows: NDArray[np.intp]) -> "Inputs":
        features = None if self.features is None else self.features[rows]
        return Inputs(self.positions[rows], features, self.sizes[rows])


class Atlas:
    """Makes :class:`Inputs` of points."""

    def __init__(self, encoding: Encoding, designs: Designs) -> None:
        self._encoding = encoding
        self._designs = designs
        self._columns: dict[str, int] = {}

    def inputs(self, points: Floats) -> Inputs:
        """``points`` as a surrogate sees them."""
        designs = [self._designs.of(point) for point in points]
        features = self._features(designs) if self._designs.has_graphs else None
        return Inputs(self._encoding.positions(points), features, sizes(designs))

    def _features(self, designs: list[Design]) -> sparse.csr_matrix:
        columns = self._columns
        rows, places, counts = [], [], []
        for row, design in enumerate(designs):
            for feature, count in (design.features or {}).items():
                rows.append(row)
                places.append(columns.setdefault(feature, len(columns)))
                counts.append(float(count))
        matrix = sparse.csr_matrix((counts, (rows, places)), shape=(len(designs), _WIDTH))
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        return sparse.diags(1.0 / np.maximum(lengths, 1e-12)) @ matrix


_WIDTH = 1 << 20
"""Columns, more than there will be: matrices made at different times fit each other."""
