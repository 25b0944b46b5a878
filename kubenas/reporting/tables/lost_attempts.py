"""Which lost attempts were tried again, and which one ended its trial.

An attempt that dies without a result and is not tried again is told twice by the journal: as
lost, with its seconds, and as the trial's end, without any.
"""

from kubenas.search.journal import AttemptLost, TrialState


def non_final_lost_attempts(trial: TrialState) -> list[AttemptLost]:
    """Lost attempts that did not end the trial."""
    decider = trial.end.attempt if trial.end else None
    return [lost for lost in trial.lost if lost.attempt != decider]


def last_seconds(trial: TrialState) -> float:
    """Seconds of the attempt that ended the trial; 0 while none has."""
    return trial.seconds - sum(lost.seconds for lost in non_final_lost_attempts(trial))


def was_retried(trial: TrialState, lost: AttemptLost) -> bool:
    """Whether another attempt was started after ``lost``."""
    return any(started.attempt > lost.attempt for started in trial.started)
