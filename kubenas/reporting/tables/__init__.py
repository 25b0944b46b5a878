"""Tables of a report: trials, costs, failures and hyperparameter importance."""

from kubenas.reporting.tables.costs import trial_costs
from kubenas.reporting.tables.failures import describe_failure, group_failures
from kubenas.reporting.tables.importance import (
    MIN_TRIALS,
    Group,
    Importance,
    rank_hyperparameters,
)
from kubenas.reporting.tables.incumbent import Step, incumbents
from kubenas.reporting.tables.leaderboard import Row, make_leaderboard, to_csv
from kubenas.reporting.tables.pareto import Point, pareto_front
from kubenas.reporting.tables.retraining import summarize_candidates

__all__ = [
    "MIN_TRIALS",
    "Group",
    "Importance",
    "Point",
    "Row",
    "Step",
    "describe_failure",
    "group_failures",
    "incumbents",
    "make_leaderboard",
    "pareto_front",
    "rank_hyperparameters",
    "summarize_candidates",
    "to_csv",
    "trial_costs",
]
