"""Expected improvement (Jones et al., Efficient Global Optimization of Expensive Black-Box
Functions, 1998), as a logarithm, so that it tells even hopeless candidates apart.
"""

import numpy as np
from scipy import special

from kubenas.search.oracles.encoding import Floats


def log_expected_improvement(mean: Floats, deviation: Floats, best: float) -> Floats:
    """Logarithm of the expected improvement over ``best``; finite where it is tiny."""
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    plain = density + z * special.ndtr(z)
    # For very negative z, the density over z squared is what is left of it.
    tail = -0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - 2.0 * np.log(np.maximum(-z, 1.0))
    return np.asarray(
        np.log(deviation) + np.where(plain > 1e-30, np.log(np.maximum(plain, 1e-300)), tail)
    )
