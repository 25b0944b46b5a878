"""Tables of a report: trials, costs, failures and choices."""

from kubenas.reporting.tables.choices import ENOUGH_TRIALS, Choice, Group, rank_choices
from kubenas.reporting.tables.failures import failure_groups, reason
from kubenas.reporting.tables.incumbent import Step, incumbents
from kubenas.reporting.tables.leaderboard import Row, make_leaderboard, to_csv
from kubenas.reporting.tables.pareto import Point, pareto_front
from kubenas.reporting.tables.retraining import candidates
from kubenas.reporting.tables.spend import trial_spend

__all__ = [
    "ENOUGH_TRIALS",
    "Choice",
    "Group",
    "Point",
    "Row",
    "Step",
    "candidates",
    "failure_groups",
    "incumbents",
    "make_leaderboard",
    "pareto_front",
    "rank_choices",
    "reason",
    "to_csv",
    "trial_spend",
]
