"""Why trials failed, and when it is plain that all of them will. Pure."""

from collections import Counter

from kubenas.search.state import SearchState, TrialState
from kubenas.trial import FailureClass, Outcome

FIRST_TRIALS = 5
"""If so many come to nothing by errors of the program, no more are run."""


def hopeless(state: SearchState, *, since: float) -> bool:
    """Whether nothing ever completed and the first trials since Unix time ``since`` all failed.

    Only what this controller has seen counts: someone who mends the error and starts the same
    search again gets another try.
    """
    if state.ended(Outcome.COMPLETED):
        return False
    recent = [trial for trial in _trained(state) if trial.end and trial.end.at >= since]
    failed = [
        trial for trial in recent if trial.end and trial.end.failure == FailureClass.APPLICATION
    ]
    return len(recent) >= FIRST_TRIALS and len(failed) == len(recent)


def most_frequent_reason(state: SearchState) -> str:
    """The failure and the message that most trials ended with; empty if no trial ended."""
    reasons = Counter(
        (f"{trial.end.failure.value}: " if trial.end.failure else "") + trial.end.message
        for trial in _trained(state)
        if trial.end and trial.end.outcome != Outcome.COMPLETED
    )
    return reasons.most_common(1)[0][0] if reasons else ""


def _trained(state: SearchState) -> list[TrialState]:
    """Ended trials but the duplicates, which say nothing new."""
    return [trial for trial in state.ended() if trial.end and trial.end.attempt is not None]
