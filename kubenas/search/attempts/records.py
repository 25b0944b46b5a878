"""Which attempts the steps of a search have started, and which counts: the controller's word.

The attempts that describe, retrain, export and evaluate have no journal. Their own folders are no
record: whatever runs as a trial may write there. So the controller keeps one beside them, where no
trial has to write: ``attempts/<task>/a<number>.json`` before an attempt is started, and once for
the whole task ``attempts/<task>/decided.json`` with the result that was believed and digests of
what was left. An attempt that was given up may leave its result late, when another has taken its
place: what arrives after the decision changes nothing.
"""

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, Self

from pydantic import Field

from kubenas.data.dataset.digest import file_sha256
from kubenas.errors import DocumentUnusable, ObjectExists
from kubenas.search.attempts.binding import Binding, nonce_digest
from kubenas.search.attempts.conclusion import is_final
from kubenas.search.attempts.outputs import RESULT_FILE, read_result
from kubenas.search.definition import SearchDefinition, read_definition
from kubenas.search.layout import search_folder
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import find_document
from kubenas.trial import AttemptRef, AttemptSpec, Outcome, Result, Task, Value

_FOLDER = "attempts"
_DECIDED_FILE = "decided.json"
_DECISION = "the record of the attempt that counts"
_STARTED = re.compile(r".*/a([1-9]\d{0,8})\.json")
_LEGACY_SPEC = re.compile(r".*/a([1-9]\d{0,8})/spec\.json")
_REPORT_FILES = frozenset({"spec.json", RESULT_FILE, "log.txt", "history.jsonl"})
"""What an attempt leaves for people and for its own end."""


class Started(Value):
    """``a<number>.json``."""

    version: Literal[1] = 1
    at: float
    """Unix time."""
    nonce_sha256: str
    """Of what its result must repeat."""


class Decided(Value):
    """``decided.json``."""

    version: Literal[1] = 1
    result: Result
    """It names its attempt."""
    sha256: dict[str, str] | None
    """Of each file that it left, by its name below the attempt's folder; None: not taken."""


class _OlderDecision(Value):
    """``decided.json`` in the folder of a task, where an older version left it."""

    attempt: int = Field(ge=1)


class AttemptRecords:
    """The records of the search ``search`` below ``output``.

    Args:
        output: the root that the search is below.
        search: its id.
        complete: whether all its attempts are recorded; else an older version of kubenas has begun
            it, and what lies in the attempts' own folders is believed.
    """

    def __init__(self, output: Storage, search: str, *, complete: bool) -> None:
        self._storage = open_storage(join(output.uri, search_folder(search)))
        self._search = search
        self._complete = complete

    @classmethod
    def of(cls, output: Storage, definition: SearchDefinition) -> Self:
        """Those of the search that ``definition`` defines."""
        return cls(output, definition.id, complete=definition.attempts_recorded)

    def task_folder(self, spec: AttemptSpec) -> str:
        """The folder of all attempts at what ``spec`` is an attempt at, below the search's own.

        Raises:
            ValueError: its prefix is not ``.../<search>/<folder>/a<number>``.
        """
        _, found, below = spec.prefix.rpartition(f"{search_folder(self._search)}/")
        folder, slash, name = below.rpartition("/")
        if not (found and slash and name == f"a{spec.attempt}"):
            raise ValueError(f"{spec.prefix}: a first attempt's prefix ends in /a1")
        return folder

    def attempts(self, folder: str) -> list[int]:
        """The numbers of the attempts at the task ``folder`` that were started, in order."""
        names = [info.name for info in self._storage.list(f"{_FOLDER}/{folder}/a")]
        numbers = [int(match[1]) for name in names if (match := _STARTED.fullmatch(name))]
        if not self._complete:
            names = [info.name for info in self._storage.list(f"{folder}/a")]
            numbers += [int(match[1]) for name in names if (match := _LEGACY_SPEC.fullmatch(name))]
        return sorted(set(numbers))

    def start(self, folder: str, spec: AttemptSpec) -> None:
        """Records that ``spec``, which has a nonce, is about to be started."""
        record = Started(at=time.time(), nonce_sha256=nonce_digest(spec.nonce or ""))
        self._storage.create(f"{_FOLDER}/{folder}/a{spec.attempt}.json", record.to_json())

    def binding(self, folder: str, ref: AttemptRef, task: Task) -> Binding:
        """What the result of an attempt that was started must repeat.

        Raises:
            DocumentUnusable: its record cannot be read.
        """
        return _binding(ref, task, self._started(folder, ref.attempt))

    def result(self, folder: str, ref: AttemptRef, task: Task) -> Result | None:
        """The result that an attempt has left; None: there is none of one that was started.

        Raises:
            DocumentUnusable: it cannot be believed, or the attempt's record cannot be read.
        """
        started = self._started(folder, ref.attempt)
        if started is None and self._complete:
            return None
        since = started.at if started else 0.0
        return read_result(
            self._storage,
            f"{folder}/a{ref.attempt}",
            _binding(ref, task, started),
            max_seconds=time.time() - since,
        )

    def decided(self, folder: str) -> Result | None:
        """The result that counts for the task ``folder``; None: it is undecided.

        Raises:
            DocumentUnusable: the record of it cannot be read.
        """
        decided = self._decided(folder)
        if decided is not None:
            return decided.result
        return None if self._complete else self._decided_by_older_version(folder)

    def decide(self, folder: str, result: Result, *, instead_of: int = 0) -> Result:
        """Records that ``result``, which is believed, decides the task.

        Args:
            folder: of the task.
            result: of one of its attempts.
            instead_of: the attempt that had decided and is not believed any more; 0: none had.

        Returns:
            The result that counts: another one where another process has decided meanwhile.

        Raises:
            DocumentUnusable: the record that is there cannot be read.
            StorageError: what the attempt left cannot be read.
        """
        standing = self._decided(folder)
        if standing is not None and standing.result.attempt != instead_of:
            return standing.result
        data = Decided(result=result, sha256=self._digests_of(folder, result)).to_json()
        if standing is not None:
            self._storage.write(self._decision(folder), data)
        else:
            with suppress(ObjectExists):
                self._storage.create(self._decision(folder), data)
        return self.decided(folder) or result

    def finished(self, folder: str) -> int | None:
        """The attempt that completed the task ``folder``; None: it has not been.

        Raises:
            DocumentUnusable: the record of it cannot be read.
        """
        result = self.decided(folder)
        return result.attempt if result and result.outcome == Outcome.COMPLETED else None

    def check_unchanged(self, folder: str) -> None:
        """Checks that what the attempt that decided left is what it left then.

        A file that is gone is no other one, and is missed where it is needed. Steps may add files
        beside those of the attempt, but not in its folders: a model's is served as it is.

        Raises:
            DocumentUnusable: a file has changed, or came into a folder.
        """
        decided = self._decided(folder)
        if decided is None or decided.sha256 is None:
            return
        attempt = f"{folder}/a{decided.result.attempt}"
        then, now = decided.sha256, self._digests(attempt)
        tops = {name.partition("/")[0] for name in then if "/" in name}
        changed = [
            name
            for name, digest in now.items()
            if digest != then.get(name) and (name in then or name.partition("/")[0] in tops)
        ]
        if changed:
            uri = join(self._storage.uri, attempt, min(changed))
            raise DocumentUnusable(
                f"{uri}: changed since the attempt ended; restore it from a backup, or raise"
                " search.generation to search again from scratch"
            )

    def _started(self, folder: str, attempt: int) -> Started | None:
        name = f"{_FOLDER}/{folder}/a{attempt}.json"
        return find_document(self._storage, name, Started, what="an attempt's record")

    def _decision(self, folder: str) -> str:
        return f"{_FOLDER}/{folder}/{_DECIDED_FILE}"

    def _decided(self, folder: str) -> Decided | None:
        return find_document(self._storage, self._decision(folder), Decided, what=_DECISION)

    def _decided_by_older_version(self, folder: str) -> Result | None:
        """Without a word of its own that of the last attempt whose result decides: of two it was
        started because nothing was known of the first one's.
        """
        name = f"{folder}/{_DECIDED_FILE}"
        told = find_document(self._storage, name, _OlderDecision, what=_DECISION)
        results = {n: self._result_of_older_version(folder, n) for n in self.attempts(folder)}
        deciding = [result for result in results.values() if result and is_final(result)]
        recorded = results.get(told.attempt) if told else None
        return recorded or (deciding[-1] if deciding else None)

    def _result_of_older_version(self, folder: str, attempt: int) -> Result | None:
        """The result of an attempt of which itself alone says what it was to do."""
        name = f"{folder}/a{attempt}/{RESULT_FILE}"
        try:
            told = find_document(self._storage, name, Result, what="a result")
            if told is None:
                return None
            ref = AttemptRef.model_construct(trial=told.trial, attempt=attempt)
            return self.result(folder, ref, told.task)
        except DocumentUnusable:
            return None

    def _digests_of(self, folder: str, result: Result) -> Mapping[str, str] | None:
        """Of what an attempt left, where that is a model or an evaluation."""
        kept = result.task in {Task.EXPORT, Task.EVALUATE}
        completed = result.outcome == Outcome.COMPLETED
        return self._digests(f"{folder}/a{result.attempt}") if kept and completed else None

    def _digests(self, prefix: str) -> Mapping[str, str]:
        """SHA-256 of each file that an attempt left, by name."""
        root = self._storage.stage(prefix)
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        named = {path.relative_to(root).as_posix(): path for path in files}
        return {
            name: file_sha256(path) for name, path in named.items() if name not in _REPORT_FILES
        }


def open_attempt_records(output: Storage, search: str) -> AttemptRecords:
    """The records of a search that has begun.

    Raises:
        ObjectNotFound: there is no such search.
        DocumentUnusable: its definition cannot be read.
    """
    return AttemptRecords.of(output, read_definition(output, search))


def _binding(ref: AttemptRef, task: Task, started: Started | None) -> Binding:
    return Binding(ref, task, started.nonce_sha256 if started else None)
