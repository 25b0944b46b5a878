"""The trials that an oracle learns from."""

from kubenas.search.oracles.history.history import History, same
from kubenas.search.oracles.history.targets import observations, standardise
from kubenas.search.oracles.history.trial_order import TrialOrder, external_trials

__all__ = [
    "History",
    "TrialOrder",
    "external_trials",
    "observations",
    "same",
    "standardise",
]
