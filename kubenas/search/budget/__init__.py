"""Budget of a search: limits, cost so far and the time limit of the next attempt."""

from kubenas.search.budget.cost import Rate, estimate_run_seconds, total_cost
from kubenas.search.budget.counters import SearchCounters
from kubenas.search.budget.failures import most_frequent_reason, too_many_failures
from kubenas.search.budget.limits import (
    Usage,
    measure,
    must_stop,
    seconds_left,
    stop_reason,
    time_limit_seconds,
    trial_limit_reason,
    unused_seconds,
)
from kubenas.search.budget.remaining_time import first_trial_alone, remaining_time_reason
from kubenas.search.budget.time_budget import WRAP_UP_SHARE, TimeLimit, describe_usage

__all__ = [
    "WRAP_UP_SHARE",
    "Rate",
    "SearchCounters",
    "TimeLimit",
    "Usage",
    "describe_usage",
    "estimate_run_seconds",
    "first_trial_alone",
    "measure",
    "most_frequent_reason",
    "must_stop",
    "remaining_time_reason",
    "seconds_left",
    "stop_reason",
    "time_limit_seconds",
    "too_many_failures",
    "total_cost",
    "trial_limit_reason",
    "unused_seconds",
]
