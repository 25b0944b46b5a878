"""The durable record of a search, and the state that is a fold of it."""

from kubenas.search.journal.journal import AnotherController, Journal, JournalDamaged
from kubenas.search.journal.records import (
    AttemptLost,
    Closed,
    Ended,
    Opened,
    Origin,
    Proposed,
    Record,
    Started,
    Telling,
)
from kubenas.search.journal.state import SearchState, TrialState, advance, fold, of_trial

__all__ = [
    "AnotherController",
    "AttemptLost",
    "Closed",
    "Ended",
    "Journal",
    "JournalDamaged",
    "Opened",
    "Origin",
    "Proposed",
    "Record",
    "SearchState",
    "Started",
    "Telling",
    "TrialState",
    "advance",
    "fold",
    "of_trial",
]
