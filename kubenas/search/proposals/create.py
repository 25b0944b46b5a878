"""Creates the proposer that a config names. Imports neither Keras-Tuner nor Keras at load time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kubenas.config import Config
from kubenas.search.oracles import check_oracle
from kubenas.search.proposals.proposer import RevisableProposer

if TYPE_CHECKING:
    from kubenas.search.oracles.encoding import GraphOf
    from kubenas.search.proposals.keras_tuner_adapter import KerasTunerProposer


def create_proposer(
    config: Config,
    *,
    space: Mapping[str, Any],
    graph: "GraphOf | None" = None,
) -> RevisableProposer:
    """Creates a new instance of the oracle that ``config`` names.

    Args:
        config: provides oracle, objectives, seed and number of trials.
        space: the search space, as keras_tuner.HyperParameters.get_config().
        graph: function from values to the network's graph, if the space has one.

    Raises:
        UserError: the oracle does not exist.
    """
    check_oracle(config.search.oracle)
    return load_oracles().create(config, space=space, graph=graph)


def load_oracles() -> "type[KerasTunerProposer]":
    """Imports Keras-Tuner and Keras, which takes seconds the first time."""
    from kubenas.search.proposals.keras_tuner_adapter import KerasTunerProposer  # noqa: PLC0415, slow

    return KerasTunerProposer
