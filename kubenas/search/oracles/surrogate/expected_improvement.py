"""Logarithm of the expected improvement (Jones et al., Efficient Global Optimization of Expensive
Black-Box Functions, 1998).
"""

import numpy as np
from scipy import special

from kubenas.search.oracles.encoding import Floats


def log_expected_improvement(mean: Floats, deviation: Floats, best: float) -> Floats:
    """Returns the logarithm of the expected improvement over ``best``. It is always finite."""
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    plain = density + z * special.ndtr(z)
    # For very negative z, the expected improvement approaches density / z**2.
    tail = -0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - 2.0 * np.log(np.maximum(-z, 1.0))
    return np.asarray(
        np.log(deviation) + np.where(plain > 1e-30, np.log(np.maximum(plain, 1e-300)), tail)
    )
