"""A tuner's view of a search in its output: the trials and their folders."""

from dataclasses import dataclass, field

from kubenas.search.journal import SearchState
from kubenas.search.layout import attempt_folder, definition_file
from kubenas.storage import Storage, join
from kubenas.storage.document import find_document
from kubenas.training.program.layout import TRIAL_FOLDER
from kubenas.trial import Outcome, SearchId, Value
from kubenas.tuner.oracle import SearchStateOracle

_POINTER = "tuner.json"


class LatestSearch(Value):
    """``tuner.json``: the latest search of a tuner in this output."""

    search: SearchId


@dataclass(frozen=True)
class SearchView:
    """The trials of one search, mirrored in a Keras-Tuner oracle."""

    output: Storage
    search: str
    oracle: SearchStateOracle
    _attempts: dict[int, int] = field(default_factory=dict)
    """Number of the attempt with the result, by completed trial."""

    def update(self, state: SearchState, *, announce: bool) -> None:
        """Updates the oracle. Raises the errors of :meth:`SearchStateOracle.update_from`."""
        completed = state.ended(Outcome.COMPLETED)
        self._attempts.update(
            {t.number: t.end.attempt for t in completed if t.end and t.end.attempt}
        )
        self.oracle.update_from(state, announce=announce)

    def trial_folder(self, trial_id: str) -> str | None:
        """Returns the URI of the trial folder, or None if the trial has not completed."""
        attempt = self._attempts.get(int(trial_id)) if trial_id.isdecimal() else None
        if attempt is None:
            return None
        return join(
            self.output.uri, attempt_folder(self.search, int(trial_id), attempt), TRIAL_FOLDER
        )


def latest_search(output: Storage) -> str | None:
    """Returns the latest search of a tuner in this output, or None if none has started."""
    latest = find_document(output, _POINTER, LatestSearch, what="the latest search of a tuner")
    known = latest is not None and output.exists(definition_file(latest.search))
    return latest.search if latest and known else None


def write_latest_search(output: Storage, search: str) -> None:
    """Records ``search`` as the latest search, which a new tuner on this output shows."""
    output.write(_POINTER, LatestSearch(search=search).to_json())
