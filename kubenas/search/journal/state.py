"""State of a search, computed from its journal alone."""

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
    """The state of one trial."""

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
        """Epochs of its rung; 0 if there are no rungs."""
        return self.proposal.epochs or 0

    @property
    def in_flight(self) -> bool:
        """Whether its last attempt was started and its end is not recorded."""
        return self.end is None and len(self.started) > len(self.lost)

    @property
    def values(self) -> dict[str, Any]:
        """The proposed hyperparameter values and those that its code declared."""
        proposed = self.proposal.values
        return merge_declared(proposed, self.end.declared) if self.end else dict(proposed)

    @property
    def used_values(self) -> dict[str, Any]:
        """:attr:`values` without those that its code did not use."""
        unused = frozenset(self.end.declared.unused if self.end else ())
        return {name: value for name, value in self.values.items() if name not in unused}

    @property
    def seconds(self) -> float:
        """Wall-clock time of all ended attempts, including lost ones."""
        return sum(lost.seconds for lost in self.lost) + (self.end.seconds if self.end else 0.0)


@dataclass(frozen=True)
class SearchState:
    """The state of a search: its trials by number, and its running time."""

    trials: Mapping[int, TrialState] = field(default_factory=dict)
    active_seconds: float = 0.0
    """Time in which a controller was running, up to the last record."""
    last_at: float | None = None
    closed: Closed | None = None
    declared: tuple[Hyperparameter, ...] = ()
    """Hyperparameters that trials declared in addition to the space."""

    def ended(self, outcome: Outcome | None = None) -> list[TrialState]:
        """Returns the ended trials by number, all or those with ``outcome``."""
        return [
            trial
            for _, trial in sorted(self.trials.items())
            if trial.end and (outcome is None or trial.end.outcome == outcome)
        ]

    def ranked(self, direction: Literal["max", "min"]) -> list[TrialState]:
        """Returns the completed trials, best first; equal scores in order of trial number.

        Scores of different rungs are not comparable: trials of a higher rung come first. Omits
        duplicates and trials whose training another trial continued.
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
    """Computes the state after ``records``, in the journal's order.

    Raises:
        JournalDamaged: a record contradicts those before it.
    """
    state = SearchState()
    trials: dict[int, TrialState] = {}  # changed in place: a copy per record is too slow
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
    """Returns the state after one more record.

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
    """Whether ``record`` belongs to a trial, not to the whole search."""
    return isinstance(record, Proposed | Started | AttemptLost | Ended)


def _update_search(state: SearchState, record: Record) -> SearchState:
    """Returns the state after ``record``, without the trials."""
    if state.closed and not isinstance(record, Opened):
        raise ValueError(f"record '{record.kind}' after the search was closed")
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
    """Returns the trial after ``record``."""
    if isinstance(record, Proposed):
        if trial is not None:
            raise ValueError(f"trial {record.trial} is proposed twice")
        return TrialState(record)
    if trial is None or trial.end is not None:
        problem = "was not proposed" if trial is None else "has already ended"
        raise ValueError(f"record '{record.kind}' of trial {record.trial}, which {problem}")
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
