"""Which search a tuner's output holds, and how far its trials have come."""

from dataclasses import dataclass, field

from kubenas.search.journal import SearchState
from kubenas.search.layout import attempt_folder, definition_file
from kubenas.storage import Storage, join
from kubenas.storage.document import find_document
from kubenas.training.program.layout import TRIAL_FOLDER
from kubenas.trial import Outcome, SearchId, Value
from kubenas.tuner.oracle import SearchedOracle

_POINTER = "tuner.json"


class Latest(Value):
    """``tuner.json``: the search that a tuner ran last in this output."""

    search: SearchId


@dataclass(frozen=True)
class Following:
    """The trials of one search, told to an oracle of Keras-Tuner's."""

    output: Storage
    search: str
    oracle: SearchedOracle
    _attempts: dict[int, int] = field(default_factory=dict)
    """The one that decided, of each completed trial."""

    def take(self, state: SearchState, *, tell: bool) -> None:
        """Brings the oracle to ``state``; errors as of :meth:`SearchedOracle.take`."""
        completed = state.ended(Outcome.COMPLETED)
        self._attempts.update(
            {t.number: t.end.attempt for t in completed if t.end and t.end.attempt}
        )
        self.oracle.take(state, tell=tell)

    def folder(self, trial_id: str) -> str | None:
        """URI of what the tuner left in its trial folder; None: that trial has not completed."""
        attempt = self._attempts.get(int(trial_id)) if trial_id.isdecimal() else None
        if attempt is None:
            return None
        return join(
            self.output.uri, attempt_folder(self.search, int(trial_id), attempt), TRIAL_FOLDER
        )


def latest_search(output: Storage) -> str | None:
    """The search that a tuner ran last in this output; None: there was none, or it never began."""
    latest = find_document(output, _POINTER, Latest, what="the name of a search")
    known = latest is not None and output.exists(definition_file(latest.search))
    return latest.search if latest and known else None


def note_latest(output: Storage, search: str) -> None:
    """Makes ``search`` the one that a new tuner on this output shows."""
    output.write(_POINTER, Latest(search=search).to_json())
