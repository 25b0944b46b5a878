"""Grid search: every combination of values, in order."""

import itertools
from collections.abc import Iterator

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Dimension, Floats
from kubenas.search.oracles.history import History

_CONTINUOUS_VALUES = 10
"""Grid points of a continuous hyperparameter, as in Keras-Tuner's GridSearch."""
_BATCH_SIZE = 256


class GridOracle(SearchOracle):
    """Tries all combinations, defaults first. The last hyperparameter changes fastest.

    Continuous hyperparameters take their default and ten values, as in Keras-Tuner's GridSearch.
    """

    name = "grid"

    def prepare(self) -> None:
        self._combinations = self.encoding.points(_codes)
        self._batch = np.empty((0, len(self.encoding)))

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        del history, rng
        while not len(self.select_new(self._batch)):  # points that were skipped are never new again
            rows = list(itertools.islice(self._combinations, _BATCH_SIZE))
            self._batch = np.array(rows).reshape(len(rows), len(self.encoding))
            if not rows:
                break
        return self._batch

    def _any_new(self, rng: np.random.Generator) -> None:
        """Returns None: points off the grid are not tried."""


def _codes(dimension: Dimension) -> Iterator[float]:
    """Yields the default's code, then the other codes in order."""
    first = dimension.encode(dimension.hyperparameter.default)
    if first is not None:
        yield first
    for level in range(dimension.levels or _CONTINUOUS_VALUES):
        code = float(level) if dimension.levels else level * 0.1 + 0.05
        if code != first:
            yield code
