"""A model of which points are feasible, learned from the outcomes of ended trials."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kubenas.search.milestones import milestone
from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.history import History
from kubenas.search.oracles.surrogate.classifier import (
    GaussianProcessClassifier,
    most_likely_amplitude,
)
from kubenas.search.oracles.surrogate.gaussian_process import fit
from kubenas.search.oracles.surrogate.input_features import FeatureExtractor, InputFeatures
from kubenas.search.oracles.surrogate.kernel import Kernel

_MAX_OBSERVATIONS = 400
"""Maximum outcomes of the classifier."""
_MAX_FITTED = 150
"""Maximum outcomes that the kernel's settings are fitted to."""


class FeasibilityModel:
    """A Gaussian process classifier with its own kernel settings.

    The settings are fitted by regression on the outcomes, which takes a fraction of the time.
    Only the amplitude is chosen by the likelihood of the classifier.

    Args:
        extractor: feature extractor of the space.
        ordered: whether each dimension is ordered.
    """

    def __init__(self, extractor: FeatureExtractor, ordered: NDArray[np.bool_]) -> None:
        self._extractor = extractor
        self._ordered = ordered
        self._fitted: tuple[bytes, tuple[Kernel, float]] | None = None

    def log_probabilities(self, history: History, inputs: InputFeatures) -> Floats:
        """Returns the log probabilities that ``inputs`` are feasible, ``(m,)``."""
        if history.feasible.all() or not history.feasible.any():
            return np.zeros(len(inputs))
        observed, outcomes = self._outcomes(history, _MAX_OBSERVATIONS)
        kernel, amplitude = self._settings(history)
        classifier = GaussianProcessClassifier(kernel, observed, outcomes, amplitude)
        return classifier.log_probabilities(inputs)

    def _settings(self, history: History) -> tuple[Kernel, float]:
        """Returns kernel and amplitude of the last milestone: the same after a restart."""
        both = max(np.argmax(history.feasible), np.argmin(history.feasible)) + 1
        count = max(milestone(len(history.points), apart=1), int(both))
        early = history.first(count)
        key = early.points.tobytes() + early.feasible.tobytes()
        if self._fitted is None or self._fitted[0] != key:
            inputs, outcomes = self._outcomes(early, _MAX_FITTED)
            kernel = fit(inputs, stats.zscore(outcomes), self._ordered).kernel
            amplitude = most_likely_amplitude(kernel, inputs, outcomes)
            self._fitted = key, (kernel, amplitude)
        return self._fitted[1]

    def _outcomes(self, history: History, most: int) -> tuple[InputFeatures, Floats]:
        """Returns at most ``most`` recent trials and their outcomes: 1 feasible, -1 infeasible.

        At most half of them are infeasible.
        """
        bad = np.flatnonzero(~history.feasible)[-(most // 2) :]
        good = np.flatnonzero(history.feasible)[-(most - len(bad)) :]
        kept = np.sort(np.concatenate([bad, good]))
        outcomes = np.where(history.feasible[kept], 1.0, -1.0)
        return self._extractor.extract(history.points[kept]), outcomes
