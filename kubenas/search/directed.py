"""The config's oracle, directed as the config says."""

from collections.abc import Callable, Sequence

from kubenas.search.definition import SearchDefinition
from kubenas.search.director import Director
from kubenas.search.promotions import Promotions
from kubenas.search.proposer import Proposer
from kubenas.search.records import Telling
from kubenas.search.rung_view import tell_networks
from kubenas.search.rungs import rungs_of


def directed(create: Callable[[], Proposer], definition: SearchDefinition) -> Proposer:
    """What proposes the trials of a search: the oracle itself where nothing is to be directed.

    Args:
        create: makes the config's oracle, a fresh one each time.
        definition: of the search.
    """
    rungs, eta = rungs_of(definition.config), definition.config.search.rungs.eta
    if eta is None:
        return create()

    def tell(records: Sequence[Telling]) -> list[Telling]:
        return tell_networks(records, rungs, definition.direction)

    promotions = Promotions(rungs, eta=eta, direction=definition.direction)
    return Director(create, tell=tell, sources=[promotions], epochs=rungs[0])
