"""Which oracles there are. Importing this loads neither Keras-Tuner nor Keras."""

import difflib
from dataclasses import dataclass

from kubenas.errors import UserError


@dataclass(frozen=True)
class OracleInfo:
    """An oracle by the name that a config gives it."""

    name: str
    summary: str
    """One line."""
    implementation: tuple[str, str]
    """Module and class: it loads Keras-Tuner, so it is looked up when it is needed."""

    @property
    def is_from_keras_tuner(self) -> bool:
        """Whether it is Keras-Tuner's own, which knows neither graphs nor limits."""
        return self.implementation[0] == _KERAS_TUNER


_HERE = "kubenas.search.oracles"
_KERAS_TUNER = "keras_tuner.oracles"

ORACLES = (
    OracleInfo(
        "auto",
        "The default: Bayesian optimisation, with others beside it where it explains little.",
        (f"{_HERE}.auto", "AutoOracle"),
    ),
    OracleInfo(
        "bayesian",
        "Fits a Gaussian process to values and graphs, tries where the expected gain is largest.",
        (f"{_HERE}.bayesian", "BayesianOracle"),
    ),
    OracleInfo(
        "evolution",
        "Regularised evolution: mutates the better ones of the latest networks.",
        (f"{_HERE}.evolution", "EvolutionOracle"),
    ),
    OracleInfo(
        "generator",
        "A recurrent network writes architectures and learns from their scores; a predictor picks.",
        (f"{_HERE}.generator", "GeneratorOracle"),
    ),
    OracleInfo(
        "grid",
        "Tries every combination of values in order: for spaces of a few dozen networks.",
        (f"{_HERE}.grid", "GridOracle"),
    ),
    OracleInfo(
        "local_search",
        "Tries all networks one choice away from the best, and starts anew at the top.",
        (f"{_HERE}.local_search", "LocalSearchOracle"),
    ),
    OracleInfo(
        "predictor",
        "An ensemble of neural networks picks among small changes of the best networks.",
        (f"{_HERE}.predictor", "PredictorOracle"),
    ),
    OracleInfo(
        "random",
        "Draws every trial at random, none twice: the yardstick for all others.",
        (f"{_HERE}.random_search", "RandomOracle"),
    ),
    OracleInfo(
        "reinforce",
        "Pure policy gradient: a recurrent network that learns by REINFORCE; a yardstick.",
        (f"{_HERE}.reinforce", "ReinforceOracle"),
    ),
    OracleInfo(
        "hyperband",
        "Starts many trials for a few epochs and trains the better ones on (Keras-Tuner's).",
        (_KERAS_TUNER, "HyperbandOracle"),
    ),
    OracleInfo(
        "keras_tuner.bayesian",
        "Keras-Tuner's own Bayesian optimisation; takes seconds for each proposal.",
        (_KERAS_TUNER, "BayesianOptimizationOracle"),
    ),
    OracleInfo(
        "keras_tuner.random",
        "Keras-Tuner's own random search.",
        (_KERAS_TUNER, "RandomSearchOracle"),
    ),
)


def find_oracle(name: str) -> OracleInfo:
    """The oracle of this name.

    Raises:
        UserError: there is none; the message suggests one.
    """
    found = {oracle.name: oracle for oracle in ORACLES}
    if name not in found:
        close = difflib.get_close_matches(name, found, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(found)}"
        raise UserError(f"search.oracle: unknown oracle '{name}'; {hint}")
    return found[name]


def check_oracle(name: str) -> None:
    """Checks that there is an oracle of this name.

    Raises:
        UserError: there is none; the message suggests one.
    """
    find_oracle(name)
