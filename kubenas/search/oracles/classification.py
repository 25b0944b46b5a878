"""Gaussian process classification: chances from outcomes of two kinds, by Laplace's approximation
(Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 3.4, algorithms 3.1
and 3.2) with a probit likelihood.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special, stats

from kubenas.search.oracles.atlas import Inputs
from kubenas.search.oracles.dimension import Floats
from kubenas.search.oracles.kernel import Kernel

_AMPLITUDES = (1.0, 4.0, 16.0)
"""Variances to choose from: the larger, the sharper the border."""
_STEPS = 30
_CONVERGED = 1e-4
_FLATTEST = 1e-10


class GaussianProcessClassifier:
    """The chance of one of two outcomes.

    Args:
        kernel: whose covariances are scaled by ``amplitude``.
        inputs: what was observed, ``n`` of them.
        outcomes: ``(n,)``, 1 or -1.
        amplitude: as found by :func:`likeliest_amplitude`.
    """

    def __init__(self, kernel: Kernel, inputs: Inputs, outcomes: Floats, amplitude: float) -> None:
        self._kernel = kernel
        self._inputs = inputs
        self._amplitude = amplitude
        self._mode = _laplace(amplitude * (1.0 + kernel(inputs, inputs)), outcomes)

    def log_chances(self, inputs: Inputs) -> Floats:
        """Logarithm of the chance of outcome 1 of each, ``(m,)``."""
        mode, amplitude = self._mode, self._amplitude
        cross = amplitude * (1.0 + self._kernel(inputs, self._inputs))
        solved = linalg.solve_triangular(
            mode.factor, mode.roots[:, None] * cross.T, lower=True, check_finite=False
        )
        prior = amplitude * (1.0 + self._kernel.variances(inputs))
        variance = np.maximum(prior - np.einsum("ij,ij->j", solved, solved), 0.0)
        return np.asarray(special.log_ndtr(cross @ mode.slopes / np.sqrt(1.0 + variance)))


def likeliest_amplitude(kernel: Kernel, inputs: Inputs, outcomes: Floats) -> float:
    """Of some, by the marginal likelihood of the outcomes."""
    covariance = 1.0 + kernel(inputs, inputs)  # 1: of how frequent an outcome is at all
    return max(_AMPLITUDES, key=lambda each: _laplace(each * covariance, outcomes).evidence)


@dataclass(frozen=True)
class _Mode:
    """The most likely latent function, ``(n,)`` each, and the normal distribution there."""

    evidence: float
    """Logarithm of the marginal likelihood."""
    slopes: Floats
    """Of the log likelihood."""
    roots: Floats
    """Of its curvatures."""
    factor: Floats
    """``(n, n)``, lower: of one plus the covariance between such roots."""


def _laplace(covariance: Floats, outcomes: Floats) -> _Mode:
    """By Newton's method, which climbs surely: the log posterior is concave."""
    latent, reached = np.zeros(len(outcomes)), -np.inf
    for _ in range(_STEPS):
        slopes, roots = _derivatives(latent, outcomes)
        wanted = roots**2 * latent + slopes
        inner = roots * (covariance @ wanted)
        factor = _factor(covariance, roots)
        weights = wanted - roots * linalg.cho_solve((factor, True), inner, check_finite=False)
        latent = covariance @ weights
        height = float(special.log_ndtr(outcomes * latent).sum() - 0.5 * weights @ latent)
        if height - reached < _CONVERGED:
            break
        reached = height
    slopes, roots = _derivatives(latent, outcomes)
    factor = _factor(covariance, roots)
    return _Mode(height - float(np.log(np.diag(factor)).sum()), slopes, roots, factor)


def _derivatives(latent: Floats, outcomes: Floats) -> tuple[Floats, Floats]:
    """The slopes of the log likelihood, and the roots of its curvatures."""
    ratio = np.exp(stats.norm.logpdf(latent) - special.log_ndtr(outcomes * latent))
    curvature = ratio * (ratio + outcomes * latent)
    return outcomes * ratio, np.sqrt(np.maximum(curvature, _FLATTEST))


def _factor(covariance: Floats, roots: Floats) -> Floats:
    scaled = roots[:, None] * covariance * roots
    scaled[np.diag_indices_from(scaled)] += 1.0
    return np.asarray(linalg.cholesky(scaled, lower=True, check_finite=False))
