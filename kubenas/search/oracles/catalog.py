"""The catalogue of oracles. Importing this loads neither Keras-Tuner nor Keras."""

import difflib
from dataclasses import dataclass

from kubenas.errors import UserError


@dataclass(frozen=True)
class OracleInfo:
    """Name, summary and implementation of an oracle."""

    name: str
    summary: str
    """One line."""
    implementation: tuple[str, str]
    """Module and class. Importing the module loads Keras-Tuner."""

    @property
    def is_from_keras_tuner(self) -> bool:
        """Whether this is one of Keras-Tuner's oracles, which support neither graphs nor limits."""
        return self.implementation[0] == _KERAS_TUNER


_HERE = "kubenas.search.oracles"
_KERAS_TUNER = "keras_tuner.oracles"

ORACLES = (
    OracleInfo(
        "auto",
        "The default: Bayesian optimisation, mixed with other methods where its model fits badly.",
        (f"{_HERE}.auto", "AutoOracle"),
    ),
    OracleInfo(
        "bayesian",
        "Gaussian process over values and graphs; proposes the largest expected improvement.",
        (f"{_HERE}.bayesian", "BayesianOracle"),
    ),
    OracleInfo(
        "evolution",
        "Regularised evolution: mutates the best of a sample of the latest networks.",
        (f"{_HERE}.evolution", "EvolutionOracle"),
    ),
    OracleInfo(
        "generator",
        "A recurrent network generates architectures; an ensemble picks the most promising one.",
        (f"{_HERE}.generator", "GeneratorOracle"),
    ),
    OracleInfo(
        "grid",
        "Tries every combination of values in order. For spaces of a few dozen networks.",
        (f"{_HERE}.grid", "GridOracle"),
    ),
    OracleInfo(
        "local_search",
        "Tries all neighbours of the best networks, and restarts at a local optimum.",
        (f"{_HERE}.local_search", "LocalSearchOracle"),
    ),
    OracleInfo(
        "predictor",
        "An ensemble of neural networks picks among mutations of the best networks.",
        (f"{_HERE}.predictor", "PredictorOracle"),
    ),
    OracleInfo(
        "random",
        "Random search without repeats: the baseline for all others.",
        (f"{_HERE}.random_search", "RandomOracle"),
    ),
    OracleInfo(
        "reinforce",
        "REINFORCE: a recurrent network trained by policy gradient. A baseline.",
        (f"{_HERE}.reinforce", "ReinforceOracle"),
    ),
    OracleInfo(
        "hyperband",
        "Keras-Tuner's Hyperband: trains many networks for a few epochs and continues the best.",
        (_KERAS_TUNER, "HyperbandOracle"),
    ),
    OracleInfo(
        "keras_tuner.bayesian",
        "Keras-Tuner's Bayesian optimisation. Takes seconds for each proposal.",
        (_KERAS_TUNER, "BayesianOptimizationOracle"),
    ),
    OracleInfo(
        "keras_tuner.random",
        "Keras-Tuner's random search.",
        (_KERAS_TUNER, "RandomSearchOracle"),
    ),
)


def find_oracle(name: str) -> OracleInfo:
    """Returns the oracle with this name.

    Raises:
        UserError: there is no such oracle. The message suggests a similar name.
    """
    found = {oracle.name: oracle for oracle in ORACLES}
    if name not in found:
        close = difflib.get_close_matches(name, found, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"choose one of {', '.join(found)}"
        raise UserError(f"search.oracle: unknown oracle '{name}'; {hint}")
    return found[name]


def check_oracle(name: str) -> None:
    """Checks that there is an oracle with this name.

    Raises:
        UserError: there is no such oracle. The message suggests a similar name.
    """
    find_oracle(name)
