"""The rungs of a search, as its config sets them."""

from kubenas.config import Config
from kubenas.search.rungs.successive_halving import rung_epochs


def rung_levels(config: Config) -> tuple[int, ...]:
    """Returns the epochs of each rung, ascending; empty if the search has no rungs."""
    rungs = config.search.rungs
    if rungs.factor is None:
        return ()
    return rung_epochs(config.epochs, eta=rungs.factor, least=rungs.min_epochs)


def min_epochs_per_trial(config: Config) -> int:
    """Returns the epochs of the shortest trial."""
    if config.search.oracle == "hyperband":
        return 1
    return min(rung_levels(config), default=config.epochs)
