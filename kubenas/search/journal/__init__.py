"""The journal of a search, and the search state computed from it."""

from kubenas.search.journal.journal import AnotherController, Journal, JournalDamaged
from kubenas.search.journal.records import (
    AttemptLost,
    Closed,
    Ended,
    Opened,
    OracleEvent,
    Origin,
    Proposed,
    Record,
    Started,
)
from kubenas.search.journal.state import SearchState, TrialState, advance, fold, is_trial_record

__all__ = [
    "AnotherController",
    "AttemptLost",
    "Closed",
    "Ended",
    "Journal",
    "JournalDamaged",
    "Opened",
    "OracleEvent",
    "Origin",
    "Proposed",
    "Record",
    "SearchState",
    "Started",
    "TrialState",
    "advance",
    "fold",
    "is_trial_record",
]
