"""The trials that an oracle learns from."""

from kubenas.search.oracles.history.history import History
from kubenas.search.oracles.history.targets import observations, standardised
from kubenas.search.oracles.history.trial_order import TrialOrder, given_trials

__all__ = [
    "History",
    "TrialOrder",
    "given_trials",
    "observations",
    "standardised",
]
