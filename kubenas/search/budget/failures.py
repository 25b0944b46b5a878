"""Why trials failed, and when it is plain that all of them will. Pure."""

from collections import Counter

from kubenas.search.budget.counters import SearchCounters
from kubenas.search.journal import SearchState
from kubenas.trial import Outcome

FIRST_TRIALS = 5
"""If so many come to nothing by errors of the program, no more are run."""


def too_many_failures(counters: SearchCounters) -> bool:
    """Whether nothing ever completed and the first trials of this controller all failed.

    Only what this controller has seen counts: someone who mends the error and starts the same
    search again gets another try.
    """
    all_failed = counters.recent_failures == counters.recent_trials >= FIRST_TRIALS
    return all_failed and not counters.completed


def most_frequent_reason(state: SearchState) -> str:
    """The failure and the message that most trials ended with; empty if no trial ended."""
    reasons = Counter(
        (f"{trial.end.failure.value}: " if trial.end.failure else "") + trial.end.message
        for trial in state.ended()
        if trial.end and trial.end.outcome != Outcome.COMPLETED and trial.end.attempt is not None
    )
    return reasons.most_common(1)[0][0] if reasons else ""
