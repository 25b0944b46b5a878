"""Random search without repeats: the baseline for all other oracles."""

import numpy as np

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History
from kubenas.search.oracles.initial import stratified_sample


class RandomOracle(SearchOracle):
    """Uniform random points, stratified by the top-level choice."""

    name = "random"

    def suggest(self, history: History, rng: np.random.Generator) -> Floats:
        self.at_random = True
        return stratified_sample(self.encoding, history, rng)
