"""Multi-fidelity search: asynchronous successive halving."""

from kubenas.search.rungs.levels import min_epochs_per_trial, rung_levels
from kubenas.search.rungs.observations import MergedEnds, merge_promotions
from kubenas.search.rungs.promotion import Promotions

__all__ = [
    "MergedEnds",
    "Promotions",
    "merge_promotions",
    "min_epochs_per_trial",
    "rung_levels",
]
