"""The proposer that a config names. Importing this loads neither Keras-Tuner nor Keras."""

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
    """The oracle that ``config`` names, fresh.

    Args:
        config: name, objective, seed and size of the search.
        space: keras_tuner.HyperParameters.get_config() of what may be built.
        graph: the network at some values, if the space can tell.

    Raises:
        UserError: there is no such oracle.
    """
    check_oracle(config.search.oracle)
    return load_oracles().create(config, space=space, graph=graph)


def load_oracles() -> "type[KerasTunerProposer]":
    """Imports Keras-Tuner and Keras, which takes seconds the first time."""
    from kubenas.search.proposals.keras_tuner_adapter import KerasTunerProposer  # noqa: PLC0415, slow

    return KerasTunerProposer
