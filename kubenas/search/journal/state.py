"""The state of a search: a fold of its journal, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, TypeGuard

from kubenas.search.journal.chunked_map import ChunkedMap
from kubenas.search.journal.reader import JournalDamaged
from kubenas.search.journal.records import (
    AttemptLost,
    Closed,
    Ended,
    Opened,
    Proposed,
    Record,
    Started,
)
from kubenas.search.space import Hyperparameter, merge_declared, new_hyperparameters
from kubenas.trial import Outcome

TrialRecord: TypeAlias = Proposed | Started | AttemptLost | Ended


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
    def rung(self) -> int:
        """Epochs that its rung trains up to; 0 where there are no rungs."""
        return self.proposal.epochs or 0

    @property
    def in_flight(self) -> bool:
        """Whether its last attempt was started and has not been seen to end."""
        return self.end is None and len(self.started) > len(self.lost)

    @property
    def values(self) -> dict[str, Any]:
        """What it was trained at: as proposed, and what its code asked for besides."""
        proposed = self.proposal.values
        return merge_declared(proposed, self.end.declared) if self.end else dict(proposed)

    @property
    def used_values(self) -> dict[str, Any]:
        """:attr:`values` without those that its code did not ask for."""
        unused = frozenset(self.end.declared.unused if self.end else ())
        return {name: value for name, value in self.values.items() if name not in unused}

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
    declared: tuple[Hyperparameter, ...] = ()
    """Hyperparameters that trials' code asked for and the space did not have."""

    def ended(self, outcome: Outcome | None = None) -> list[TrialState]:
        """Ended trials by number, all or those with ``outcome``."""
        return [
            trial
            for _, trial in sorted(self.trials.items())
            if trial.end and (outcome is None or trial.end.outcome == outcome)
        ]

    def ranked(self, direction: Literal["max", "min"]) -> list[TrialState]:
        """Completed trials, best first; of equals the earlier.

        Scores of different rungs are not compared: trials of a longer rung come first. Left out
        are duplicates, and trials that another has trained further.
        """
        sign = -1 if direction == "max" else 1
        own = [
            trial for trial in self.ended(Outcome.COMPLETED) if trial.proposal.duplicate_of is None
        ]
        trained_on = {trial.proposal.parent for trial in own}
        return sorted(
            (trial for trial in own if trial.number not in trained_on),
            key=lambda trial: (-trial.rung, sign * _score(trial), trial.number),
        )


def fold(records: Iterable[Record]) -> SearchState:
    """The state after ``records``, which come in the journal's order.

    Raises:
        JournalDamaged: a record contradicts those before it.
    """
    state = SearchState()
    trials: dict[int, TrialState] = {}  # ours alone until it is returned: no copy a record
    for sequence, record in enumerate(records, start=1):
        try:
            if is_trial_record(record):
                trials[record.trial] = _update_trial(trials.get(record.trial), record)
            state = _update_search(state, record)
        except ValueError as error:
            raise JournalDamaged(
                f"journal entry {sequence:08d}.json: {error}; restore the journal from a backup, or"
                " raise search.generation to search again from scratch"
            ) from error
    return replace(state, trials=ChunkedMap.of(trials))


def advance(state: SearchState, record: Record) -> SearchState:
    """The state after one more record.

    Raises:
        ValueError: ``record`` contradicts those before it.
    """
    trials = state.trials
    if is_trial_record(record):
        updated = _update_trial(trials.get(record.trial), record)
        whole = trials if isinstance(trials, ChunkedMap) else ChunkedMap.of(trials)
        trials = whole.with_value(record.trial, updated)
    return replace(_update_search(state, record), trials=trials)


def is_trial_record(record: Record) -> TypeGuard[TrialRecord]:
    """Whether ``record`` is about a trial, and not about the search."""
    return isinstance(record, Proposed | Started | AttemptLost | Ended)


def _update_search(state: SearchState, record: Record) -> SearchState:
    """The search's own clock and end after ``record``, without its trials."""
    if state.closed and not isinstance(record, Opened):
        raise ValueError(f"a closed search has a record '{record.kind}'")
    passed = 0.0
    if state.last_at is not None and not isinstance(record, Opened):
        passed = max(0.0, record.at - state.last_at)
    return SearchState(
        active_seconds=state.active_seconds + passed,
        last_at=record.at,
        closed=record if isinstance(record, Closed) else state.closed,
        declared=_extend_declared(state.declared, record),
    )


def _extend_declared(
    known: tuple[Hyperparameter, ...], record: Record
) -> tuple[Hyperparameter, ...]:
    if not isinstance(record, Ended) or not record.declared.new:
        return known
    return (*known, *new_hyperparameters(known, record.declared.new))


def _update_trial(trial: TrialState | None, record: TrialRecord) -> TrialState:
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
