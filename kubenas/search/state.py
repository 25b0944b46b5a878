"""The state of a search: a fold of its journal, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kubenas.search.records import (
    AttemptLost,
    Closed,
    Ended,
    Opened,
    Proposed,
    Record,
    Started,
)
from kubenas.trial import Outcome


@dataclass(frozen=True)
class TrialState:
    """One trial as the journal tells it."""

    proposal: Proposed
    started: tuple[Started, ...] = ()
    lost: tuple[AttemptLost, ...] = ()
    end: Ended | None = None

    @property
    def number(self) -> int:
        """The trial's number, counted from 0."""
        return self.proposal.trial

    @property
    def in_flight(self) -> bool:
        """Whether its last attempt was started and has not been seen to end."""
        return self.end is None and len(self.started) > len(self.lost)

    @property
    def seconds(self) -> float:
        """Wall-clock of all ended attempts, lost ones too."""
        return sum(lost.seconds for lost in self.lost) + (self.end.seconds if self.end else 0.0)


@dataclass(frozen=True)
class SearchState:
    """All trials by number, and the search's own clock."""

    trials: Mapping[int, TrialState] = field(default_factory=dict)
    active_seconds: float = 0.0
    """Time a controller was at work, up to the last record; gaps between controllers left out."""
    last_at: float | None = None
    closed: Closed | None = None

    def ended(self, outcome: Outcome | None = None) -> list[TrialState]:
        """Ended trials by number, all or those with ``outcome``."""
        return [
            trial
            for _, trial in sorted(self.trials.items())
            if trial.end and (outcome is None or trial.end.outcome == outcome)
        ]

    def ranked(self, direction: Literal["max", "min"]) -> list[TrialState]:
        """Completed trials, best first; of equals the earlier; duplicates left out."""
        sign = -1 if direction == "max" else 1
        own = [
            trial for trial in self.ended(Outcome.COMPLETED) if trial.proposal.duplicate_of is None
        ]
        return sorted(own, key=lambda trial: (sign * _score(trial), trial.number))


def fold(records: Iterable[Record]) -> SearchState:
    """The state after ``records``, which come in the journal's order.

    Raises:
        ValueError: a record contradicts those before it.
    """
    state = SearchState()
    trials: dict[int, TrialState] = {}  # ours alone until it is returned: no copy a record
    for record in records:
        state = _apply(state, record, trials)
    return replace(state, trials=trials)


def advance(state: SearchState, record: Record) -> SearchState:
    """The state after one more record.

    Raises:
        ValueError: ``record`` contradicts those before it.
    """
    trials = dict(state.trials)
    return replace(_apply(state, record, trials), trials=trials)


def _apply(state: SearchState, record: Record, trials: dict[int, TrialState]) -> SearchState:
    """The state's clock and end after ``record``; its trials go into ``trials``."""
    if state.closed and not isinstance(record, Opened):
        raise ValueError(f"a closed search has a record '{record.kind}'")
    if isinstance(record, Proposed | Started | AttemptLost | Ended):
        trials[record.trial] = _told(trials.get(record.trial), record)
    passed = 0.0
    if state.last_at is not None and not isinstance(record, Opened):
        passed = max(0.0, record.at - state.last_at)
    return SearchState(
        active_seconds=state.active_seconds + passed,
        last_at=record.at,
        closed=record if isinstance(record, Closed) else state.closed,
    )


def _told(trial: TrialState | None, record: Proposed | Started | AttemptLost | Ended) -> TrialState:
    """A trial after a record about it."""
    if isinstance(record, Proposed):
        if trial is not None:
            raise ValueError(f"trial {record.trial} is proposed twice")
        return TrialState(record)
    if trial is None or trial.end is not None:
        what = "was not proposed" if trial is None else "has ended"
        raise ValueError(f"trial {record.trial} {what}, yet has a record '{record.kind}'")
    match record:
        case Started():
            return replace(trial, started=(*trial.started, record))
        case AttemptLost():
            return replace(trial, lost=(*trial.lost, record))
        case Ended():
            return replace(trial, end=record)


def _score(trial: TrialState) -> float:
    if trial.end is None or trial.end.score is None:
        raise ValueError(f"trial {trial.number} completed without a score")
    return trial.end.score
