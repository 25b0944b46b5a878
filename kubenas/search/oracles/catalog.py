"""Which oracles there are. Importing this loads neither Keras-Tuner nor Keras."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.search.proposer import Proposer

if TYPE_CHECKING:
    from kubenas.search.keras_tuner_adapter import KerasTunerProposer


@dataclass(frozen=True)
class OracleInfo:
    """An oracle by the name that a config gives it."""

    name: str
    summary: str
    """One line."""


ORACLES = (
    OracleInfo("random", "Draws every trial at random: the yardstick for all others."),
    OracleInfo(
        "bayesian",
        "Fits a Gaussian process to the scores and tries where it expects or doubts most"
        " (Keras-Tuner's); slow to propose beyond some hundred trials.",
    ),
    OracleInfo(
        "hyperband",
        "Starts many trials for a few epochs and trains the better ones on (Keras-Tuner's).",
    ),
)


def check_oracle(name: str) -> None:
    """Checks that there is an oracle of this name.

    Raises:
        UserError: there is none; the message suggests one.
    """
    names = [oracle.name for oracle in ORACLES]
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(names)}"
        raise UserError(f"search.oracle: unknown oracle '{name}'; {hint}")


def create_proposer(config: Config, *, direction: str, space: Mapping[str, Any]) -> Proposer:
    """The oracle that ``config`` names, fresh.

    Args:
        config: name, objective, seed and size of the search.
        direction: "max" or "min".
        space: keras_tuner.HyperParameters.get_config() of what may be built.

    Raises:
        UserError: there is no such oracle.
    """
    check_oracle(config.search.oracle)
    return load_oracles().create(config, direction=direction, space=space)


def load_oracles() -> "type[KerasTunerProposer]":
    """Imports Keras-Tuner and Keras, which takes seconds the first time."""
    from kubenas.search.keras_tuner_adapter import KerasTunerProposer  # noqa: PLC0415, slow

    return KerasTunerProposer
