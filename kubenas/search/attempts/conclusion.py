"""What an attempt's end means for its trial. Pure: the result, if any, and the runner's word."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.scheduling.retry import Decision, End, Loss, decide
from kubenas.trial import AttemptEvent, FailureClass, Result


@dataclass(frozen=True)
class Conclusion:
    """What to do next, and why."""

    decision: Decision
    failure: FailureClass | None
    """None: the attempt did what it was asked to."""
    message: str


def conclude(
    result: Result | None,
    event: AttemptEvent,
    *,
    earlier: Sequence[Loss],
    progressed: bool,
) -> Conclusion:
    """What follows from an attempt's end. Its result counts for more than how it died.

    Args:
        result: what it left behind, if it can be believed.
        event: how it ended, as its runner saw it.
        earlier: losses of the trial's earlier attempts, oldest first.
        progressed: whether it left a checkpoint of its own.
    """
    if result is not None and result.failure is None:
        return Conclusion(End(result.outcome), None, result.message)
    if result is not None:
        failure, message = result.failure, result.message
    else:
        failure, message = event.failure, event.message
    failure = failure or FailureClass.APPLICATION
    message = message or "the attempt ended without a result"
    decision = decide(failure, earlier, progressed=progressed)
    if isinstance(decision, End) and decision.reason:
        message = f"{message} ({decision.reason})"
    return Conclusion(decision, failure, message[:4000])


def is_final(result: Result) -> bool:
    """Whether ``result`` alone ends its trial, without a look at other attempts."""
    return result.failure is None or isinstance(decide(result.failure, ()), End)
