"""What a search may spend and what it has spent."""

from kubenas.search.budget.cost import Rate, expense_of, seconds_unseen
from kubenas.search.budget.counters import Tally
from kubenas.search.budget.failures import hopeless, most_frequent_reason
from kubenas.search.budget.limits import (
    Usage,
    measure,
    no_more_trials,
    nothing_more,
    seconds_granted,
    seconds_left,
    target_reached,
)
from kubenas.search.budget.time_budget import Grant, words_of_use

__all__ = [
    "Grant",
    "Rate",
    "Tally",
    "Usage",
    "expense_of",
    "hopeless",
    "measure",
    "most_frequent_reason",
    "no_more_trials",
    "nothing_more",
    "seconds_granted",
    "seconds_left",
    "seconds_unseen",
    "target_reached",
    "words_of_use",
]
