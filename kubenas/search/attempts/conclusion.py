"""Decision after an attempt: retry, end the trial or pause the search. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.scheduling.retry import Decision, End, Loss, decide
from kubenas.trial import AttemptEvent, FailureClass, Result


@dataclass(frozen=True)
class Conclusion:
    """A decision and its reason."""

    decision: Decision
    failure: FailureClass | None
    """None: the attempt succeeded."""
    message: str


def conclude(
    result: Result | None,
    event: AttemptEvent,
    *,
    earlier: Sequence[Loss],
    progressed: bool,
) -> Conclusion:
    """Decides what follows from an attempt's end. The result takes precedence over the event.

    Args:
        result: the attempt's valid result, if any.
        event: how it ended, as reported by the runner.
        earlier: losses of the trial's earlier attempts, oldest first.
        progressed: whether the attempt wrote a checkpoint.
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
    """Whether ``result`` ends its trial, whatever the results of other attempts are."""
    return result.failure is None or isinstance(decide(result.failure, ()), End)
