"""Why trials ended without a score, in words, and how often."""

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
    FailureClass.DISRUPTION: "The machine was taken away (eviction, preemption or restart)",
    FailureClass.NODE_LOSS: "The machine was lost",
    FailureClass.HOST_OOM: "Ran out of main memory",
    FailureClass.DEVICE_OOM: "Ran out of accelerator memory",
    FailureClass.NAN: "Training diverged: the loss became NaN or infinite",
    FailureClass.INVALID_GRAPH: "The network cannot be built from these choices",
    FailureClass.LIMIT: "Beyond a limit that was set, so not trained",
    FailureClass.DEADLINE: "Took longer than allowed",
    FailureClass.APPLICATION: "The program stopped with an error",
    FailureClass.QUOTA: "No quota or capacity to run it",
    FailureClass.IMAGE: "The container image could not be used",
    FailureClass.CONFIGURATION: "The set-up of the trial's process is wrong",
    FailureClass.STORAGE: "The store could not be read or written",
}
_UNKNOWN = "No reason was recorded"


@dataclass(frozen=True)
class FailureGroup:
    """Trials or attempts with the same reason."""

    reason: str
    consequence: str
    trials: tuple[int, ...]
    """A trial is named once for each of its attempts that ended so."""
    seconds: float
    example: str
    """What one of them said last."""


def group_failures(state: SearchState) -> list[FailureGroup]:
    """Groups by reason, most frequent first: trials without a score, and attempts lost."""
    found: dict[tuple[str, str], list[tuple[int, float, str]]] = defaultdict(list)
    for number, trial in sorted(state.trials.items()):
        for lost in non_final_lost_attempts(trial):
            again = "tried again" if was_retried(trial, lost) else "not yet decided"
            key = (describe_failure(lost.failure), again)
            found[key].append((number, lost.seconds, lost.message))
        end = trial.end
        if end and end.outcome != Outcome.COMPLETED and trial.proposal.duplicate_of is None:
            key = (describe_failure(end.failure), end.outcome.value)
            found[key].append((number, last_seconds(trial), end.message))
    groups = [_group(why, what, entries) for (why, what), entries in found.items()]
    return sorted(groups, key=lambda group: (-len(group.trials), group.reason))


def describe_failure(failure: FailureClass | None) -> str:
    """A failure class in words."""
    return REASONS[failure] if failure else _UNKNOWN


def _group(why: str, what: str, entries: list[tuple[int, float, str]]) -> FailureGroup:
    return FailureGroup(
        reason=why,
        consequence=what,
        trials=tuple(number for number, _, _ in entries),
        seconds=sum(seconds for _, seconds, _ in entries),
        example=next((message for _, _, message in entries if message), ""),
    )
