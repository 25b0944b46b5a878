"""Failures of trials and attempts, grouped by reason."""

from collections import defaultdict
from dataclasses import dataclass

from kubenas.reporting.tables.lost_attempts import (
    last_seconds,
    non_final_lost_attempts,
    was_retried,
)
from kubenas.search.journal import SearchState
from kubenas.trial import FailureClass, Outcome

REASONS = {
    FailureClass.DISRUPTION: "Disruption (eviction, preemption or node restart)",
    FailureClass.NODE_LOSS: "Node lost",
    FailureClass.HOST_OOM: "Out of memory (host)",
    FailureClass.DEVICE_OOM: "Out of memory (accelerator)",
    FailureClass.NAN: "Training diverged: loss is NaN or infinite",
    FailureClass.INVALID_GRAPH: "Network cannot be built from these hyperparameters",
    FailureClass.LIMIT: "Exceeds a configured limit, not trained",
    FailureClass.DEADLINE: "Time limit exceeded",
    FailureClass.APPLICATION: "Application error",
    FailureClass.QUOTA: "Insufficient quota or capacity",
    FailureClass.IMAGE: "Container image cannot be used",
    FailureClass.CONFIGURATION: "Invalid configuration of the trial process",
    FailureClass.STORAGE: "Store cannot be read or written",
}
_UNKNOWN = "Unknown reason"


@dataclass(frozen=True)
class FailureGroup:
    """Trials or attempts with the same failure reason."""

    reason: str
    consequence: str
    trials: tuple[int, ...]
    """Trial numbers, one for each failed attempt."""
    seconds: float
    example: str
    """Message of one of the attempts."""


def group_failures(state: SearchState) -> list[FailureGroup]:
    """Groups trials without a score and lost attempts by reason, the most frequent first."""
    found: dict[tuple[str, str], list[tuple[int, float, str]]] = defaultdict(list)
    for number, trial in sorted(state.trials.items()):
        for lost in non_final_lost_attempts(trial):
            again = "retried" if was_retried(trial, lost) else "pending"
            key = (describe_failure(lost.failure), again)
            found[key].append((number, lost.seconds, lost.message))
        end = trial.end
        if end and end.outcome != Outcome.COMPLETED and trial.proposal.duplicate_of is None:
            key = (describe_failure(end.failure), end.outcome.value)
            found[key].append((number, last_seconds(trial), end.message))
    groups = [_group(why, what, entries) for (why, what), entries in found.items()]
    return sorted(groups, key=lambda group: (-len(group.trials), group.reason))


def describe_failure(failure: FailureClass | None) -> str:
    """Returns the description of a failure class."""
    return REASONS[failure] if failure else _UNKNOWN


def _group(why: str, what: str, entries: list[tuple[int, float, str]]) -> FailureGroup:
    return FailureGroup(
        reason=why,
        consequence=what,
        trials=tuple(number for number, _, _ in entries),
        seconds=sum(seconds for _, seconds, _ in entries),
        example=next((message for _, _, message in entries if message), ""),
    )
