"""Multi-fidelity search: asynchronous successive halving."""

from kubenas.search.rungs.levels import least_epochs, rungs_of
from kubenas.search.rungs.observations import tell_networks
from kubenas.search.rungs.promotion import Promotions

__all__ = [
    "Promotions",
    "least_epochs",
    "rungs_of",
    "tell_networks",
]
