"""What follows when an attempt ended without a result that decides its trial. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubenas.trial import FailureClass, Outcome

LOSSES_IN_A_ROW = 5
"""Losses without progress after which a trial is suspected of causing them itself."""

_LOST = frozenset({FailureClass.DISRUPTION, FailureClass.NODE_LOSS})
_INFEASIBLE = frozenset(
    {FailureClass.DEVICE_OOM, FailureClass.NAN, FailureClass.INVALID_GRAPH, FailureClass.LIMIT}
)
_PAUSING = frozenset(
    {FailureClass.CONFIGURATION, FailureClass.IMAGE, FailureClass.STORAGE, FailureClass.QUOTA}
)
"""A runner waits for room by itself: QUOTA means that there was none for longer than it should."""
_RETRIED_ONCE = {
    FailureClass.APPLICATION: Outcome.FAILED,
    FailureClass.HOST_OOM: Outcome.INFEASIBLE,
}


@dataclass(frozen=True)
class Loss:
    """An earlier attempt of the trial that did not decide it."""

    failure: FailureClass
    progressed: bool = False
    """Whether it left a checkpoint of its own."""


def count_losses(failures: Iterable[FailureClass]) -> dict[str, int]:
    """What a trial's next AttemptSpec says of its lost attempts, for its place to be chosen."""
    counts = Counter(failures)
    return {
        "host_ooms": counts[FailureClass.HOST_OOM],
        "disruptions": sum(counts[failure] for failure in _LOST),
    }


@dataclass(frozen=True)
class Retry:
    """Run another attempt, from the newest checkpoint."""


@dataclass(frozen=True)
class End:
    """The trial is over."""

    outcome: Outcome
    reason: str = ""
    """Why this rule applied, where the failure alone does not say it."""


@dataclass(frozen=True)
class Pause:
    """Every trial would fail in this way: stop the whole search until someone has looked."""


Decision = Retry | End | Pause


def decide(failure: FailureClass, earlier: Sequence[Loss], *, progressed: bool = False) -> Decision:
    """What to do after an attempt that ended with ``failure``.

    Args:
        failure: why the attempt ended.
        earlier: the losses of the trial's earlier attempts, oldest first.
        progressed: whether this attempt left a checkpoint of its own.
    """
    if failure in _LOST:
        return _after_loss([*earlier, Loss(failure, progressed)])
    if failure in _RETRIED_ONCE:
        again = any(loss.failure == failure for loss in earlier)
        return End(_RETRIED_ONCE[failure], "twice") if again else Retry()
    if failure == FailureClass.QUOTA and any(
        loss.failure == FailureClass.HOST_OOM for loss in earlier
    ):
        return End(Outcome.INFEASIBLE, "with as much memory as it needs")
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
        return End(Outcome.FAILED, f"{in_a_row} times in a row without a checkpoint in between")
    return Retry()
