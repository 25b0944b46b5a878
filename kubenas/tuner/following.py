"""Which search a tuner's output holds, and how far its trials have come."""

from dataclasses import dataclass, field

from kubenas.errors import ObjectNotFound
from kubenas.search.layout import attempt_folder, definition_file
from kubenas.search.outputs import read_result
from kubenas.search.state import SearchState, TrialState
from kubenas.storage import Storage, join
from kubenas.training.program.task import TRIAL_FOLDER
from kubenas.trial import AttemptRef, Outcome, Value
from kubenas.tuner.oracle import SearchedOracle

_POINTER = "tuner.json"


class Latest(Value):
    """``tuner.json``: the search that a tuner ran last in this output."""

    search: str


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
        self.oracle.take(state, self._best_epoch, tell=tell)

    def folder(self, trial_id: str) -> str | None:
        """URI of what the tuner left in its trial folder; None: that trial has not completed."""
        attempt = self._attempts.get(int(trial_id)) if trial_id.isdecimal() else None
        if attempt is None:
            return None
        return join(
            self.output.uri, attempt_folder(self.search, int(trial_id), attempt), TRIAL_FOLDER
        )

    def _best_epoch(self, trial: TrialState) -> int:
        if trial.end is None or trial.end.attempt is None:
            return 0
        ref = AttemptRef(trial=trial.number, attempt=trial.end.attempt)
        folder = attempt_folder(self.search, ref.trial, ref.attempt)
        result = read_result(self.output, folder, ref)
        return (result.best_epoch or 0) if result else 0


def latest_search(output: Storage) -> str | None:
    """The search that a tuner ran last in this output; None: there was none, or it never began."""
    try:
        search = Latest.from_json(output.read(_POINTER)).search
    except ObjectNotFound:
        return None
    return search if output.exists(definition_file(search)) else None


def note_latest(output: Storage, search: str) -> None:
    """Makes ``search`` the one that a new tuner on this output shows."""
    output.write(_POINTER, Latest(search=search).to_json())
