"""A Gaussian process whose settings are chosen by marginal likelihood (Rasmussen and Williams,
Gaussian Processes for Machine Learning, 2006, chapter 5) with a prior on each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.surrogate.input_features import Inputs
from kubenas.search.oracles.surrogate.kernel import Kernel, distances, likeness, squared_distances
from kubenas.search.oracles.surrogate.trend import Scale, Trend

_EVALUATIONS = 25
_JITTER = 1e-6
_NOISE = (1e-4, 1.0)
"""Bounds of the noise variance; scores have variance 1."""
_SIZE_TREND = 1.0
"""Variance of the slopes of the trend in sizes."""


@dataclass(frozen=True)
class Settings:
    """What is learned: a kernel and the variance of the noise."""

    kernel: Kernel
    noise: float


class GaussianProcess:
    """Scores of architectures.

    Args:
        inputs: what was observed, ``n`` of them.
        scores: ``(n,)``, standardised.
        settings: as found by :func:`fit`.
    """

    def __init__(self, inputs: Inputs, scores: Floats, settings: Settings) -> None:
        self._inputs = inputs
        self._settings = settings
        covariance = settings.kernel(inputs, inputs)
        covariance[np.diag_indices_from(covariance)] += settings.noise + _JITTER
        self._factor = linalg.cholesky(covariance, lower=True, check_finite=False)
        self._weights = linalg.cho_solve((self._factor, True), scores, check_finite=False)
        self._scores = scores

    @property
    def smoothed(self) -> Floats:
        """What is expected at the observations themselves, ``(n,)``: their scores less noise."""
        return np.asarray(self._scores - (self._settings.noise + _JITTER) * self._weights)

    def predict(self, inputs: Inputs, pending: Inputs | None = None) -> tuple[Floats, Floats]:
        """Expected scores and their standard deviations, ``(m,)`` each.

        Those in flight are taken to end as expected (the kriging believer of Ginsbourger et al.,
        2010), which changes no expectation and narrows the deviations around them.
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

    def left_out(self) -> Floats:
        """What would be expected of each observation without itself, ``(n,)``."""
        inverse = linalg.cho_solve((self._factor, True), np.eye(len(self._scores)))
        return np.asarray(self._scores - self._weights / np.diag(inverse))


def fit(inputs: Inputs, scores: Floats, ordered: NDArray[np.bool_]) -> Settings:
    """The most likely settings given the prior.

    Args:
        inputs: ``n`` observations; some hundred at the most, for it takes ``n`` cubed.
        scores: ``(n,)``, standardised.
        ordered: which dimensions have positions.
    """
    problem = _Likelihood(inputs, scores, ordered)
    found = optimize.minimize(
        problem,
        problem.start,
        jac=True,
        method="L-BFGS-B",
        bounds=problem.bounds,
        options={"maxfun": _EVALUATIONS},
    )
    return problem.settings(found.x)


class _Likelihood:
    """The negative log posterior of settings, as logarithms, and its gradient."""

    def __init__(self, inputs: Inputs, scores: Floats, ordered: NDArray[np.bool_]) -> None:
        self._scores = scores
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
        self._likeness = None if inputs.features is None else likeness(inputs, inputs)
        self._size_trend = Trend(Scale.of(inputs.sizes), _SIZE_TREND)
        self._tally_scale = Scale.of(inputs.tallies)
        sizes = self._size_trend.scale(inputs.sizes)
        self._has_sizes = bool(sizes.size)
        self._size_distance = squared_distances(sizes, sizes)
        self._larger = self._size_trend(inputs.sizes, inputs.sizes)
        self._tallies = Trend(self._tally_scale, 1.0)(inputs.tallies, inputs.tallies)
        mean_distance = float(self._distances.sum(axis=0).mean()) if used else 1.0
        rates = np.full(len(used), np.log(1.5 / max(mean_distance, 1e-9)))
        # rates of the dimensions; weights of values, graphs, sizes; rate of sizes; tallies; noise
        others = np.log([0.5, 0.4, 0.2, 1.0, 0.02, 0.03])
        self.start = np.array([*rates, *others])
        self._deviations = np.array([*np.full(len(used), 0.8), 0.7, 0.7, 0.7, 1.0, 1.5, 1.5])
        self.bounds = [(value - 5.0, value + 5.0) for value in self.start[:-1]]
        self.bounds.append((np.log(_NOISE[0]), np.log(_NOISE[1])))

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        rates, (values, graphs, large, size_rate, tally, noise) = self._split(logs)
        product = values * np.exp(-np.tensordot(rates, self._distances, axes=1))
        covariance = product.copy()
        like = None if self._likeness is None else graphs * self._likeness
        if like is not None:
            covariance += like
        alike = large * np.exp(-0.5 * size_rate * self._size_distance) if self._has_sizes else None
        if alike is not None:
            covariance += alike + self._larger
        covariance += tally * self._tallies
        covariance[np.diag_indices_from(covariance)] += noise + _JITTER
        factor = linalg.cholesky(covariance, lower=True, check_finite=False)
        weights = linalg.cho_solve((factor, True), self._scores, check_finite=False)
        inverse = linalg.cho_solve((factor, True), np.eye(len(weights)), check_finite=False)
        inner = inverse - np.outer(weights, weights)
        through = inner * product
        gradient = [
            *(-0.5 * rates * np.tensordot(self._distances, through, axes=2)),
            0.5 * through.sum(),
            0.0 if like is None else 0.5 * float((inner * like).sum()),
            0.0 if alike is None else 0.5 * float((inner * alike).sum()),
            0.0
            if alike is None
            else -0.25 * size_rate * float((inner * alike * self._size_distance).sum()),
            0.5 * tally * float((inner * self._tallies).sum()),
            0.5 * noise * float(np.trace(inner)),
        ]
        likelihood = 0.5 * float(self._scores @ weights) + float(np.log(np.diag(factor)).sum())
        away = (logs - self.start) / self._deviations
        return likelihood + 0.5 * float(away @ away), np.array(gradient) + away / self._deviations

    def settings(self, logs: Floats) -> Settings:
        """Settings whose logarithms are ``logs``."""
        rates, (values, graphs, large, size_rate, tally, noise) = self._split(logs)
        everywhere = np.zeros(len(self._used))
        everywhere[self._used] = rates
        graphs = 0.0 if self._likeness is None else graphs
        large = large if self._has_sizes else 0.0
        kernel = Kernel(
            self._ordered,
            rates=everywhere,
            weights=(values, graphs, large),
            size_rate=size_rate,
            size_trend=self._size_trend,
            tally_trend=Trend(self._tally_scale, tally),
        )
        return Settings(kernel, noise)

    def _split(self, logs: Floats) -> tuple[Floats, Floats]:
        both = np.exp(logs)
        return both[:-6], both[-6:]
