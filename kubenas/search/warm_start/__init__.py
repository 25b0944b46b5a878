"""Warm start: results of earlier searches and of tables for a new search."""

from kubenas.search.warm_start.csv_cells import escape_formula
from kubenas.search.warm_start.earlier_search import find_earlier_search
from kubenas.search.warm_start.first_trials import PriorTrials, prior_trial_count
from kubenas.search.warm_start.observations import add_prior_results
from kubenas.search.warm_start.prior_results import (
    Champion,
    FindChampion,
    Prior,
    PriorResult,
    freeze_prior,
    no_champion,
    read_prior,
)

__all__ = [
    "Champion",
    "FindChampion",
    "Prior",
    "PriorResult",
    "PriorTrials",
    "add_prior_results",
    "escape_formula",
    "find_earlier_search",
    "freeze_prior",
    "no_champion",
    "prior_trial_count",
    "read_prior",
]
