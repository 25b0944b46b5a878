"""The controller's records of the attempts of a search's steps.

The tasks describe, retrain, export and evaluate have no journal, and trial processes can write to
the attempts' folders. Therefore the controller keeps records in a folder of its own:
``attempts/<task>/a<number>.json`` is written before an attempt starts, and
``attempts/<task>/decided.json`` once per task, with the final result and the digests of the
attempt's files. A result that a lost attempt writes later changes nothing.
"""

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, Self

from pydantic import Field

from kubenas.data.dataset.checksum import file_sha256
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
_DECISION = "the record of a task's final result"
_STARTED = re.compile(r".*/a([1-9]\d{0,8})\.json")
_LEGACY_SPEC = re.compile(r".*/a([1-9]\d{0,8})/spec\.json")
_REPORT_FILES = frozenset({"spec.json", RESULT_FILE, "log.txt", "history.jsonl"})
"""Files of an attempt that are not part of its output."""


class Started(Value):
    """``a<number>.json``: an attempt was started."""

    version: Literal[1] = 1
    at: float
    """Unix time."""
    nonce_sha256: str
    """SHA-256 of the attempt's nonce."""


class Decided(Value):
    """``decided.json``: a task has a final result."""

    version: Literal[1] = 1
    result: Result
    """The final result, which contains the attempt's number."""
    sha256: dict[str, str] | None
    """Digest of each output file, by its path in the attempt's folder; None: not recorded."""


class _OlderDecision(Value):
    """``decided.json`` in a task's folder, as older versions wrote it."""

    attempt: int = Field(ge=1)


class AttemptRecords:
    """The attempt records of the search ``search`` in ``output``.

    Args:
        output: the root of the output.
        search: the search's id.
        complete: whether all attempts are recorded. False if an older version of kubenas began the
            search; then the attempts' own folders are trusted.
    """

    def __init__(self, output: Storage, search: str, *, complete: bool) -> None:
        self._storage = open_storage(join(output.uri, search_folder(search)))
        self._search = search
        self._complete = complete

    @classmethod
    def of(cls, output: Storage, definition: SearchDefinition) -> Self:
        """Creates the records of the search ``definition``."""
        return cls(output, definition.id, complete=definition.attempts_recorded)

    def task_folder(self, spec: AttemptSpec) -> str:
        """Returns the folder of the task of ``spec``, relative to the search's folder.

        Raises:
            ValueError: the prefix is not ``.../<search>/<folder>/a<number>``.
        """
        _, found, below = spec.prefix.rpartition(f"{search_folder(self._search)}/")
        folder, slash, name = below.rpartition("/")
        if not (found and slash and name == f"a{spec.attempt}"):
            raise ValueError(f"{spec.prefix}: the prefix of a first attempt must end in /a1")
        return folder

    def attempts(self, folder: str) -> list[int]:
        """Returns the sorted numbers of the started attempts of the task ``folder``."""
        names = [info.name for info in self._storage.list(f"{_FOLDER}/{folder}/a")]
        numbers = [int(match[1]) for name in names if (match := _STARTED.fullmatch(name))]
        if not self._complete:
            names = [info.name for info in self._storage.list(f"{folder}/a")]
            numbers += [int(match[1]) for name in names if (match := _LEGACY_SPEC.fullmatch(name))]
        return sorted(set(numbers))

    def start(self, folder: str, spec: AttemptSpec) -> None:
        """Records that the attempt ``spec``, which has a nonce, is about to start."""
        record = Started(at=time.time(), nonce_sha256=nonce_digest(spec.nonce or ""))
        self._storage.create(f"{_FOLDER}/{folder}/a{spec.attempt}.json", record.to_json())

    def binding(self, folder: str, ref: AttemptRef, task: Task) -> Binding:
        """Returns the binding of a started attempt.

        Raises:
            DocumentUnusable: the attempt's record cannot be read.
        """
        return _binding(ref, task, self._started(folder, ref.attempt))

    def result(self, folder: str, ref: AttemptRef, task: Task) -> Result | None:
        """Reads the result of a started attempt; None if there is none.

        Raises:
            DocumentUnusable: the result is invalid, or the attempt's record cannot be read.
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
        """Returns the final result of the task ``folder``; None if it has none yet.

        Raises:
            DocumentUnusable: its record cannot be read.
        """
        decided = self._decided(folder)
        if decided is not None:
            return decided.result
        return None if self._complete else self._decided_by_older_version(folder)

    def decide(self, folder: str, result: Result, *, instead_of: int = 0) -> Result:
        """Records ``result`` as the final result of the task.

        Args:
            folder: the task's folder.
            result: a valid result of one of its attempts.
            instead_of: the attempt whose final result is no longer valid; 0: none.

        Returns:
            The final result: another one if another process recorded it first.

        Raises:
            DocumentUnusable: the existing record cannot be read.
            StorageError: the attempt's output cannot be read.
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
        """Returns the number of the attempt that completed the task ``folder``; None if none did.

        Raises:
            DocumentUnusable: the record cannot be read.
        """
        result = self.decided(folder)
        return result.attempt if result and result.outcome == Outcome.COMPLETED else None

    def check_unchanged(self, folder: str) -> None:
        """Checks that the output files of the final attempt have not changed.

        Missing files are not an error here; their readers report them. Steps may add files at the
        top level, but not in the attempt's subfolders, because a model folder is served as it is.

        Raises:
            DocumentUnusable: a file was changed, or added to a subfolder.
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
        """Returns the recorded result, or else the last attempt's final result."""
        name = f"{folder}/{_DECIDED_FILE}"
        decision = find_document(self._storage, name, _OlderDecision, what=_DECISION)
        results = {n: self._result_of_older_version(folder, n) for n in self.attempts(folder)}
        final = [result for result in results.values() if result and is_final(result)]
        recorded = results.get(decision.attempt) if decision else None
        return recorded or (final[-1] if final else None)

    def _result_of_older_version(self, folder: str, attempt: int) -> Result | None:
        """Reads the result of an attempt without a record: only the result tells its task."""
        name = f"{folder}/a{attempt}/{RESULT_FILE}"
        try:
            result = find_document(self._storage, name, Result, what="a result")
            if result is None:
                return None
            ref = AttemptRef.model_construct(trial=result.trial, attempt=attempt)
            return self.result(folder, ref, result.task)
        except DocumentUnusable:
            return None

    def _digests_of(self, folder: str, result: Result) -> Mapping[str, str] | None:
        """Returns the digests of a completed attempt's files if it is a model or an evaluation."""
        kept = result.task in {Task.EXPORT, Task.EVALUATE}
        completed = result.outcome == Outcome.COMPLETED
        return self._digests(f"{folder}/a{result.attempt}") if kept and completed else None

    def _digests(self, prefix: str) -> Mapping[str, str]:
        """Returns the SHA-256 of each output file of an attempt, by path."""
        root = self._storage.stage(prefix)
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        named = {path.relative_to(root).as_posix(): path for path in files}
        return {
            name: file_sha256(path) for name, path in named.items() if name not in _REPORT_FILES
        }


def open_attempt_records(output: Storage, search: str) -> AttemptRecords:
    """Opens the attempt records of an existing search.

    Raises:
        ObjectNotFound: the search does not exist.
        DocumentUnusable: its definition cannot be read.
    """
    return AttemptRecords.of(output, read_definition(output, search))


def _binding(ref: AttemptRef, task: Task, started: Started | None) -> Binding:
    return Binding(ref, task, started.nonce_sha256 if started else None)
