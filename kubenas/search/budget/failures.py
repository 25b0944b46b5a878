"""Failed trials: when a search gives up, and the most frequent reason. Pure functions."""

from collections import Counter

from kubenas.search.budget.counters import SearchCounters
from kubenas.search.journal import SearchState
from kubenas.trial import Outcome

FIRST_TRIALS = 5
"""The search stops if this many first trials all fail with errors of the program."""


def too_many_failures(counters: SearchCounters) -> bool:
    """Whether no trial ever completed and the first trials of this controller all failed.

    Failures before the last start of a controller do not count, so a search can be resumed after
    the error was fixed.
    """
    all_failed = counters.recent_failures == counters.recent_trials >= FIRST_TRIALS
    return all_failed and not counters.completed


def most_frequent_reason(state: SearchState) -> str:
    """Returns the most frequent failure and message of trials; empty if no trial failed."""
    reasons = Counter(
        (f"{trial.end.failure.value}: " if trial.end.failure else "") + trial.end.message
        for trial in state.ended()
        if trial.end and trial.end.outcome != Outcome.COMPLETED and trial.end.attempt is not None
    )
    return reasons.most_common(1)[0][0] if reasons else ""
