"""Retry rules for attempts that end without a result. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubenas.trial import FailureClass, Outcome

LOSSES_IN_A_ROW = 5
"""Losses in a row without a checkpoint after which the trial fails: it may cause them itself."""

_LOST = frozenset({FailureClass.DISRUPTION, FailureClass.NODE_LOSS})
_INFEASIBLE = frozenset(
    {FailureClass.DEVICE_OOM, FailureClass.NAN, FailureClass.INVALID_GRAPH, FailureClass.LIMIT}
)
_PAUSING = frozenset(
    {FailureClass.CONFIGURATION, FailureClass.IMAGE, FailureClass.STORAGE, FailureClass.QUOTA}
)
"""The runner itself waits for free quota. QUOTA is reported only after ``runner.queue_seconds``."""
_RETRIED_ONCE = {
    FailureClass.APPLICATION: Outcome.FAILED,
    FailureClass.HOST_OOM: Outcome.INFEASIBLE,
}


@dataclass(frozen=True)
class Loss:
    """A lost attempt of a trial."""

    failure: FailureClass
    progressed: bool = False
    """Whether the attempt wrote a checkpoint."""


def count_losses(failures: Iterable[FailureClass]) -> dict[str, int]:
    """Counts a trial's losses by kind, for the memory and node selection of its next attempt."""
    counts = Counter(failures)
    return {
        "host_ooms": counts[FailureClass.HOST_OOM],
        "disruptions": sum(counts[failure] for failure in _LOST),
    }


@dataclass(frozen=True)
class Retry:
    """Start another attempt from the latest checkpoint."""


@dataclass(frozen=True)
class End:
    """End the trial."""

    outcome: Outcome
    reason: str = ""
    """Extra explanation; empty if the failure class is sufficient."""


@dataclass(frozen=True)
class Pause:
    """Pause the search: every trial would fail in the same way."""


Decision = Retry | End | Pause


def decide(failure: FailureClass, earlier: Sequence[Loss], *, progressed: bool = False) -> Decision:
    """Decides what follows an attempt that ended with ``failure``.

    Args:
        failure: failure class of the attempt.
        earlier: losses of the trial's earlier attempts, oldest first.
        progressed: whether this attempt wrote a checkpoint.
    """
    if failure in _LOST:
        return _after_loss([*earlier, Loss(failure, progressed)])
    if failure in _RETRIED_ONCE:
        again = any(loss.failure == failure for loss in earlier)
        return End(_RETRIED_ONCE[failure], "twice") if again else Retry()
    if failure == FailureClass.QUOTA and any(
        loss.failure == FailureClass.HOST_OOM for loss in earlier
    ):
        return End(Outcome.INFEASIBLE, "after its memory was raised")
    if failure in _PAUSING:
        return Pause()
    return End(Outcome.INFEASIBLE if failure in _INFEASIBLE else Outcome.FAILED)


def _after_loss(losses: Sequence[Loss]) -> Decision:
    in_a_row = 0
    for loss in reversed(losses):
        if loss.progressed or loss.failure not in _LOST:
            break
        in_a_row += 1
    if in_a_row >= LOSSES_IN_A_ROW:
        return End(Outcome.FAILED, f"{in_a_row} times in a row without a new checkpoint")
    return Retry()
