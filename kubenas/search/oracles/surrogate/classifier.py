"""Binary Gaussian process classification by Laplace's approximation with a probit likelihood
(Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 3.4, algorithms 3.1
and 3.2).
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from kubenas.search.oracles.encoding import Floats
from kubenas.search.oracles.surrogate.input_features import InputFeatures
from kubenas.search.oracles.surrogate.kernel import Kernel

_AMPLITUDES = (1.0, 4.0, 16.0)
"""Candidate factors of the covariance. A larger one gives a sharper decision boundary."""
_MAX_STEPS = 30
_TOLERANCE = 1e-4
_STEP_LENGTHS = (*(0.5**power for power in range(30)), 0.0)
"""Factors of a Newton step in the line search, in the order in which they are tried."""


class GaussianProcessClassifier:
    """A binary classifier.

    The covariance of the latent function is ``amplitude * (1 + kernel)``. The constant 1 models
    the frequency of the two classes.

    Args:
        kernel: the kernel.
        inputs: ``n`` observed points.
        outcomes: ``(n,)``, their classes: 1 or -1.
        amplitude: amplitude as returned by :func:`most_likely_amplitude`.
    """

    def __init__(
        self, kernel: Kernel, inputs: InputFeatures, outcomes: Floats, amplitude: float
    ) -> None:
        self._kernel = kernel
        self._inputs = inputs
        self._amplitude = amplitude
        self._mode = _laplace(amplitude * (1.0 + kernel(inputs, inputs)), outcomes)

    def log_probabilities(self, inputs: InputFeatures) -> Floats:
        """Returns the log probabilities of class 1, ``(m,)``."""
        mode, amplitude = self._mode, self._amplitude
        cross = amplitude * (1.0 + self._kernel(inputs, self._inputs))
        solved = linalg.solve_triangular(
            mode.factor, mode.curvature_roots[:, None] * cross.T, lower=True, check_finite=False
        )
        prior = amplitude * (1.0 + self._kernel.variances(inputs))
        variance = np.maximum(prior - np.einsum("ij,ij->j", solved, solved), 0.0)
        return np.asarray(special.log_ndtr(cross @ mode.weights / np.sqrt(1.0 + variance)))


def most_likely_amplitude(kernel: Kernel, inputs: InputFeatures, outcomes: Floats) -> float:
    """Returns the candidate amplitude with the largest marginal likelihood of the outcomes."""
    covariance = 1.0 + kernel(inputs, inputs)
    return max(_AMPLITUDES, key=lambda each: _laplace(each * covariance, outcomes).evidence)


@dataclass(frozen=True)
class _Mode:
    """The mode of the posterior, and the normal approximation around it."""

    evidence: float
    """Logarithm of the approximate marginal likelihood."""
    weights: Floats
    """``(n,)``: weights of the covariances. The latent function is ``covariance @ weights``."""
    curvature_roots: Floats
    """``(n,)``: square roots of the negative second derivatives of the log likelihood."""
    factor: Floats
    """``(n, n)``: lower Cholesky factor of ``1 + roots * covariance * roots``."""


def _laplace(covariance: Floats, outcomes: Floats) -> _Mode:
    """Finds the mode by Newton's method, with a line search that halves the steps."""
    weights = latent = np.zeros(len(outcomes))
    log_posterior = _log_posterior(weights, latent, outcomes)
    for _ in range(_MAX_STEPS):
        step = _newton_weights(covariance, latent, outcomes) - weights
        latent_step = covariance @ step
        paths = ((weights + each * step, latent + each * latent_step) for each in _STEP_LENGTHS)
        weights, latent = next(p for p in paths if _log_posterior(*p, outcomes) >= log_posterior)
        before, log_posterior = log_posterior, _log_posterior(weights, latent, outcomes)
        if log_posterior - before < _TOLERANCE:
            break
    _, curvature_roots = _derivatives(latent, outcomes)
    factor = _cholesky(covariance, curvature_roots)
    return _Mode(
        log_posterior - float(np.log(np.diag(factor)).sum()), weights, curvature_roots, factor
    )


def _log_posterior(weights: Floats, latent: Floats, outcomes: Floats) -> float:
    """Returns the log posterior of a latent function, up to a constant."""
    return float(special.log_ndtr(outcomes * latent).sum() - 0.5 * weights @ latent)


def _newton_weights(covariance: Floats, latent: Floats, outcomes: Floats) -> Floats:
    """Returns the weights after a full Newton step."""
    slopes, curvature_roots = _derivatives(latent, outcomes)
    wanted = curvature_roots**2 * latent + slopes
    inner = curvature_roots * (covariance @ wanted)
    solved = linalg.cho_solve(
        (_cholesky(covariance, curvature_roots), True), inner, check_finite=False
    )
    return np.asarray(wanted - curvature_roots * solved)


def _derivatives(latent: Floats, outcomes: Floats) -> tuple[Floats, Floats]:
    """Returns the first derivatives of the log likelihood and the roots of the negative second."""
    margins = outcomes * latent
    ratio = np.sqrt(2.0 / np.pi) / special.erfcx(-margins / np.sqrt(2.0))  # density / probability
    return outcomes * ratio, np.sqrt(np.maximum(ratio * (ratio + margins), 0.0))


def _cholesky(covariance: Floats, curvature_roots: Floats) -> Floats:
    scaled = curvature_roots[:, None] * covariance * curvature_roots
    scaled[np.diag_indices_from(scaled)] += 1.0
    return np.asarray(linalg.cholesky(scaled, lower=True, check_finite=False))
