"""Lost attempts: which were retried, and which ended their trial.

The journal records a lost attempt that is not retried twice: as a lost attempt, with its duration,
and as the end of the trial, without a duration.
"""

from kubenas.search.journal import AttemptLost, TrialState


def non_final_lost_attempts(trial: TrialState) -> list[AttemptLost]:
    """Returns the lost attempts that did not end the trial."""
    decider = trial.end.attempt if trial.end else None
    return [lost for lost in trial.lost if lost.attempt != decider]


def last_seconds(trial: TrialState) -> float:
    """Returns the duration of the attempt that ended the trial, in seconds; 0 if none has."""
    return trial.seconds - sum(lost.seconds for lost in non_final_lost_attempts(trial))


def was_retried(trial: TrialState, lost: AttemptLost) -> bool:
    """Whether another attempt was started after ``lost``."""
    return any(started.attempt > lost.attempt for started in trial.started)
