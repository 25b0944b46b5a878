"""Which points can be trained at all, learned from the outcomes of those that were tried."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kubenas.search.oracles.atlas import Atlas, Inputs
from kubenas.search.oracles.dimension import Floats
from kubenas.search.oracles.gaussian_process import GaussianProcess, Settings, fit
from kubenas.search.oracles.history import History
from kubenas.search.oracles.milestones import milestone

_OBSERVED = 400
"""Outcomes that are looked at, at the most."""
_FITTED = 150
"""Outcomes that the settings are fitted to, at the most."""


class Feasibility:
    """A Gaussian process on outcomes, feasible or not, with settings of its own.

    What makes a network too large need not be what makes it good.

    Args:
        atlas: of the space.
        ordered: which dimensions have positions.
    """

    def __init__(self, atlas: Atlas, ordered: NDArray[np.bool_]) -> None:
        self._atlas = atlas
        self._ordered = ordered
        self._fitted: tuple[int, Settings] | None = None

    def log_chances(self, history: History, inputs: Inputs) -> Floats:
        """Logarithm of the chance of each of ``inputs`` to be feasible, ``(m,)``."""
        if history.feasible.all() or not history.feasible.any():
            return np.zeros(len(inputs))
        settings = self._settings(history)
        observed, outcomes, border = self._outcomes(history, _OBSERVED)
        expected, deviation = GaussianProcess(observed, outcomes, settings).predict(inputs)
        return np.asarray(
            special.log_ndtr((expected - border) / np.sqrt(deviation**2 + settings.noise))
        )

    def _settings(self, history: History) -> Settings:
        """Fitted to the first so many outcomes, both kinds among them: the same after a restart."""
        both = max(np.argmax(history.feasible), np.argmin(history.feasible)) + 1
        count = max(milestone(len(history.points), apart=1), int(both))
        if self._fitted is None or self._fitted[0] != count:
            early = History(history.points[:count], history.scores[:count], history.pending[:0])
            inputs, outcomes, _ = self._outcomes(early, _FITTED)
            self._fitted = count, fit(inputs, outcomes, self._ordered)
        return self._fitted[1]

    def _outcomes(self, history: History, most: int) -> tuple[Inputs, Floats, float]:
        """The latest outcomes, half of them infeasible ones if there are so many, standardised; and
        what is half way from infeasible to feasible.
        """
        bad = np.flatnonzero(~history.feasible)[-(most // 2) :]
        good = np.flatnonzero(history.feasible)[-(most - len(bad)) :]
        kept = np.sort(np.concatenate([bad, good]))
        outcomes = history.feasible[kept].astype(float)
        mean, spread = float(outcomes.mean()), float(outcomes.std())
        inputs = self._atlas.inputs(history.points[kept])
        return inputs, (outcomes - mean) / spread, (0.5 - mean) / spread
