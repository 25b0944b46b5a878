"""Which attempts the steps of a search have started, and how they ended, in the controller's words.

The attempts that describe, retrain, export and evaluate have no journal. Their own folders are no
record: whatever runs as a trial may write there. So the controller keeps one beside them, where no
trial has to write: ``attempts/<task>/a<number>.json`` before an attempt is started and
``a<number>-ended.json`` once its result has been believed, with digests of what was left.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from kubenas.errors import DocumentUnusable
from kubenas.search.binding import Binding, nonce_digest
from kubenas.search.definition import read_definition
from kubenas.search.layout import search_folder
from kubenas.search.outputs import RESULT_FILE, read_result
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import find_document
from kubenas.trial import AttemptRef, AttemptSpec, Outcome, Result, Task, Value

_FOLDER = "attempts"
_STARTED = re.compile(r".*/a([1-9]\d{0,8})\.json")
_LEGACY = re.compile(r".*/a([1-9]\d{0,8})/spec\.json")
_OWN_WORDS = frozenset({"spec.json", RESULT_FILE, "log.txt", "history.jsonl"})
"""What an attempt leaves for people and for its own end."""


class Started(Value):
    """``a<number>.json``."""

    version: Literal[1] = 1
    at: float
    """Unix time."""
    nonce_sha256: str
    """Of what its result must repeat."""


class Ended(Value):
    """``a<number>-ended.json``: of the attempt that decided."""

    version: Literal[1] = 1
    result: Result
    sha256: dict[str, str] | None
    """Of each file that it left, by its name below the attempt's folder; None: not taken."""


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
            numbers += [int(match[1]) for name in names if (match := _LEGACY.fullmatch(name))]
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
        started = self._started(folder, ref.attempt)
        return Binding(ref, task, started.nonce_sha256 if started else None)

    def result(self, folder: str, ref: AttemptRef, task: Task) -> Result | None:
        """The result of an attempt, as it was believed or can be; None: there is no such one.

        Raises:
            DocumentUnusable: it cannot be believed, a record cannot be read, or what the attempt
                left has been changed since.
        """
        ended = self._ended(folder, ref.attempt)
        if ended is not None:
            self.check_unchanged(folder, ref.attempt)
            return ended.result
        started = self._started(folder, ref.attempt)
        if started is None and self._complete:
            return None
        since = started.at if started else 0.0
        return read_result(
            self._storage,
            f"{folder}/a{ref.attempt}",
            self.binding(folder, ref, task),
            most_seconds=time.time() - since,
        )

    def end(self, folder: str, result: Result) -> None:
        """Records the believed result that decides the task, with digests where there is a model
        or an evaluation.

        Raises:
            StorageError: what the attempt left cannot be read.
        """
        name = f"{_FOLDER}/{folder}/a{result.attempt}-ended.json"
        if self._storage.exists(name):
            return
        kept = result.task in {Task.EXPORT, Task.EVALUATE}
        completed = result.outcome == Outcome.COMPLETED
        digests = self._digests(f"{folder}/a{result.attempt}") if kept and completed else None
        self._storage.write(name, Ended(result=result, sha256=digests).to_json())

    def finished(self, folder: str) -> int | None:
        """The newest attempt that completed the task ``folder``; None: none has.

        Raises:
            DocumentUnusable: a record cannot be read.
        """
        for attempt in reversed(self.attempts(folder)):
            result = self.told(folder, attempt)
            if result is not None and result.outcome == Outcome.COMPLETED:
                return attempt
        return None

    def told(self, folder: str, attempt: int) -> Result | None:
        """The result by which an attempt decided; None: none has been believed.

        Raises:
            DocumentUnusable: its record cannot be read.
        """
        ended = self._ended(folder, attempt)
        if ended is not None or self._complete:
            return ended.result if ended else None
        try:  # as an older version, which kept no records, left it
            name = f"{folder}/a{attempt}/{RESULT_FILE}"
            return find_document(self._storage, name, Result, what="a result")
        except DocumentUnusable:
            return None

    def check_unchanged(self, folder: str, attempt: int) -> None:
        """Checks that what a recorded attempt left is what it left when it ended.

        A file that is gone is no other one, and is missed where it is needed. Steps may add files
        beside those of the attempt, but not in its folders: a model's is served as it is.

        Raises:
            DocumentUnusable: a file has changed, or came into a folder.
        """
        ended = self._ended(folder, attempt)
        if ended is None or ended.sha256 is None:
            return
        then, now = ended.sha256, self._digests(f"{folder}/a{attempt}")
        tops = {name.partition("/")[0] for name in then if "/" in name}
        changed = [
            name
            for name, digest in now.items()
            if digest != then.get(name) and (name in then or name.partition("/")[0] in tops)
        ]
        if changed:
            uri = join(self._storage.uri, folder, f"a{attempt}", min(changed))
            raise DocumentUnusable(
                f"{uri}: changed since the attempt ended; restore it from a backup, or raise"
                " search.generation to search again from scratch"
            )

    def _started(self, folder: str, attempt: int) -> Started | None:
        name = f"{_FOLDER}/{folder}/a{attempt}.json"
        return find_document(self._storage, name, Started, what="an attempt's record")

    def _ended(self, folder: str, attempt: int) -> Ended | None:
        name = f"{_FOLDER}/{folder}/a{attempt}-ended.json"
        return find_document(self._storage, name, Ended, what="an attempt's record")

    def _digests(self, prefix: str) -> Mapping[str, str]:
        """SHA-256 of each file that an attempt left, by name."""
        root = self._storage.stage(prefix)
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        named = {path.relative_to(root).as_posix(): path for path in files}
        return {name: _sha256(path) for name, path in named.items() if name not in _OWN_WORDS}


def records_of(output: Storage, search: str) -> AttemptRecords:
    """The records of a search that has begun.

    Raises:
        ObjectNotFound: there is no such search.
        DocumentUnusable: its definition cannot be read.
    """
    complete = read_definition(output, search).attempts_recorded
    return AttemptRecords(output, search, complete=complete)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
