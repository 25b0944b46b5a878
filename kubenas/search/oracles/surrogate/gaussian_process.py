"""Gaussian process regression, with settings fitted by maximum a posteriori (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, chapter 5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.surrogate.input_features import InputFeatures
from kubenas.search.oracles.surrogate.kernel import (
    Kernel,
    distances,
    graph_similarity,
    squared_distances,
)
from kubenas.search.oracles.surrogate.trend import StandardScaler, Trend

_EVALUATIONS = 25
_JITTER = 1e-6
_NOISE = (1e-4, 1.0)
"""Bounds of the noise variance. Scores have variance 1."""
_SIZE_TREND = 1.0
"""Prior variance of the slopes of the trend in sizes."""


@dataclass(frozen=True)
class Settings:
    """The fitted settings: kernel and noise variance."""

    kernel: Kernel
    noise: float


class GaussianProcess:
    """A Gaussian process over the scores of architectures.

    Args:
        inputs: ``n`` observed points.
        scores: ``(n,)``, their standardised scores.
        settings: settings as returned by :func:`fit`.
        variances: ``(n,)``, variances of the scores in addition to the fitted noise.
    """

    def __init__(
        self,
        inputs: InputFeatures,
        scores: Floats,
        settings: Settings,
        variances: Floats | None = None,
    ) -> None:
        self._inputs = inputs
        self._settings = settings
        self._noise = settings.noise + _JITTER + (0.0 if variances is None else variances)
        covariance = settings.kernel(inputs, inputs)
        covariance[np.diag_indices_from(covariance)] += self._noise
        self._factor = linalg.cholesky(covariance, lower=True, check_finite=False)
        self._weights = linalg.cho_solve((self._factor, True), scores, check_finite=False)
        self._scores = scores

    @property
    def posterior_mean(self) -> Floats:
        """Posterior mean at the observed points, ``(n,)``."""
        return np.asarray(self._scores - self._noise * self._weights)

    def predict(
        self, inputs: InputFeatures, pending: InputFeatures | None = None
    ) -> tuple[Floats, Floats]:
        """Returns the predictive means and standard deviations, ``(m,)`` each.

        Pending points count with their predicted scores (the kriging believer of Ginsbourger et
        al., 2010). This does not change the means, but reduces the deviations near them.
        """
        kernel = self._settings.kernel
        cross = kernel(inputs, self._inputs)
        mean = cross @ self._weights
        solved = linalg.solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        variance = kernel.variances(inputs) - np.einsum("ij,ij->j", solved, solved)
        if pending is not None and len(pending):
            between = linalg.solve_triangular(
                self._factor, kernel(self._inputs, pending), lower=True, check_finite=False
            )
            own = kernel(pending, pending) - between.T @ between
            own[np.diag_indices_from(own)] += self._settings.noise + _JITTER
            factor = linalg.cholesky(own, lower=True, check_finite=False)
            rest = kernel(inputs, pending).T - between.T @ solved
            told = linalg.solve_triangular(factor, rest, lower=True, check_finite=False)
            variance -= np.einsum("ij,ij->j", told, told)
        return mean, np.sqrt(np.maximum(variance, 1e-12))

    def predict_leave_one_out(self) -> Floats:
        """Returns the leave-one-out predictions of the observations, ``(n,)``."""
        inverse = linalg.cho_solve((self._factor, True), np.eye(len(self._scores)))
        return np.asarray(self._scores - self._weights / np.diag(inverse))


def fit(
    inputs: InputFeatures,
    scores: Floats,
    ordered: NDArray[np.bool_],
    variances: Floats | None = None,
) -> Settings:
    """Returns the maximum a posteriori settings.

    Args:
        inputs: ``n`` observed points, at most some hundreds: the time grows with ``n`` cubed.
        scores: ``(n,)``, their standardised scores.
        ordered: whether each dimension is ordered.
        variances: ``(n,)``, variances of the scores in addition to the noise to fit.
    """
    problem = _NegativeLogPosterior(inputs, scores, ordered, variances)
    found = optimize.minimize(
        problem,
        problem.start,
        jac=True,
        method="L-BFGS-B",
        bounds=problem.bounds,
        options={"maxfun": _EVALUATIONS},
    )
    return problem.settings(found.x)


class _NegativeLogPosterior:
    """The negative log posterior of the logarithms of settings, and its gradient."""

    def __init__(
        self,
        inputs: InputFeatures,
        scores: Floats,
        ordered: NDArray[np.bool_],
        variances: Floats | None = None,
    ) -> None:
        self._scores = scores
        self._variances = _JITTER + (0.0 if variances is None else variances)
        self._ordered = ordered
        positions = inputs.positions
        found = [
            distances(column, column, ordered=bool(is_ordered))
            for column, is_ordered in zip(positions.T, ordered, strict=True)
        ]
        self._used = np.array([distance.any() for distance in found], dtype=bool)
        used = [distance for distance in found if distance.any()]
        count = len(scores)
        self._distances = np.stack(used) if used else np.empty((0, count, count))
        self._graph_similarity = (
            None if inputs.subtree_counts is None else graph_similarity(inputs, inputs)
        )
        self._size_trend = Trend(StandardScaler.fit(inputs.sizes), _SIZE_TREND)
        self._count_scaler = StandardScaler.fit(inputs.value_counts)
        sizes = self._size_trend.scaler(inputs.sizes)
        self._has_sizes = bool(sizes.size)
        self._size_distance = squared_distances(sizes, sizes)
        self._size_trend_covariance = self._size_trend(inputs.sizes, inputs.sizes)
        self._value_counts = Trend(self._count_scaler, 1.0)(
            inputs.value_counts, inputs.value_counts
        )
        mean_distance = float(self._distances.sum(axis=0).mean()) if used else 1.0
        rates = np.full(len(used), np.log(1.5 / max(mean_distance, 1e-9)))
        # Order: dimensions' rates; weights of values, graphs, sizes; size rate; counts; noise.
        others = np.log([0.5, 0.4, 0.2, 1.0, 0.02, 0.03])
        self.start = np.array([*rates, *others])
        self._deviations = np.array([*np.full(len(used), 0.8), 0.7, 0.7, 0.7, 1.0, 1.5, 1.5])
        self.bounds = [(value - 5.0, value + 5.0) for value in self.start[:-1]]
        self.bounds.append((np.log(_NOISE[0]), np.log(_NOISE[1])))

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        rates, (values, graphs, size_weight, size_rate, count_weight, noise) = self._split(logs)
        value_part = values * np.exp(-np.tensordot(rates, self._distances, axes=1))
        covariance = value_part.copy()
        graph_part = None if self._graph_similarity is None else graphs * self._graph_similarity
        if graph_part is not None:
            covariance += graph_part
        size_part = (
            size_weight * np.exp(-0.5 * size_rate * self._size_distance)
            if self._has_sizes
            else None
        )
        if size_part is not None:
            covariance += size_part + self._size_trend_covariance
        covariance += count_weight * self._value_counts
        covariance[np.diag_indices_from(covariance)] += noise + self._variances
        factor = linalg.cholesky(covariance, lower=True, check_finite=False)
        weights = linalg.cho_solve((factor, True), self._scores, check_finite=False)
        inverse = linalg.cho_solve((factor, True), np.eye(len(weights)), check_finite=False)
        inner = inverse - np.outer(weights, weights)
        through = inner * value_part
        gradient = [
            *(-0.5 * rates * np.tensordot(self._distances, through, axes=2)),
            0.5 * through.sum(),
            0.0 if graph_part is None else 0.5 * float((inner * graph_part).sum()),
            0.0 if size_part is None else 0.5 * float((inner * size_part).sum()),
            0.0
            if size_part is None
            else -0.25 * size_rate * float((inner * size_part * self._size_distance).sum()),
            0.5 * count_weight * float((inner * self._value_counts).sum()),
            0.5 * noise * float(np.trace(inner)),
        ]
        likelihood = 0.5 * float(self._scores @ weights) + float(np.log(np.diag(factor)).sum())
        away = (logs - self.start) / self._deviations
        return likelihood + 0.5 * float(away @ away), np.array(gradient) + away / self._deviations

    def settings(self, logs: Floats) -> Settings:
        """Returns the settings with the logarithms ``logs``."""
        rates, (values, graphs, size_weight, size_rate, count_weight, noise) = self._split(logs)
        everywhere = np.zeros(len(self._used))
        everywhere[self._used] = rates
        graphs = 0.0 if self._graph_similarity is None else graphs
        size_weight = size_weight if self._has_sizes else 0.0
        kernel = Kernel(
            self._ordered,
            rates=everywhere,
            weights=(values, graphs, size_weight),
            size_rate=size_rate,
            size_trend=self._size_trend,
            count_trend=Trend(self._count_scaler, count_weight),
        )
        return Settings(kernel, noise)

    def _split(self, logs: Floats) -> tuple[Floats, Floats]:
        both = np.exp(logs)
        return both[:-6], both[-6:]
