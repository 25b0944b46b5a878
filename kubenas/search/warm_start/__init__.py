"""Results from earlier searches and from tables, given to a new search."""

from kubenas.search.warm_start.csv_cells import guarded
from kubenas.search.warm_start.earlier_search import predecessor
from kubenas.search.warm_start.first_trials import PriorTrials, trials_to_repeat
from kubenas.search.warm_start.observations import tell_with_prior
from kubenas.search.warm_start.prior_results import (
    Champion,
    FindChampion,
    Known,
    Prior,
    frozen_prior,
    no_champion,
    read_prior,
)

__all__ = [
    "Champion",
    "FindChampion",
    "Known",
    "Prior",
    "PriorTrials",
    "frozen_prior",
    "guarded",
    "no_champion",
    "predecessor",
    "read_prior",
    "tell_with_prior",
    "trials_to_repeat",
]
