"""The durable record of a search: numbered objects, each created once and never changed.

Creating the next number is the fence between controllers: of two that believe to own the
search, one loses the create and stops.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from kubenas.errors import KubenasError, ObjectExists
from kubenas.search.records import RECORD, Record
from kubenas.storage import Storage, join

_SCHEMA = "kubenas/journal/v1"
_FOLDER = "journal"


class JournalDamaged(KubenasError):
    """The journal cannot be believed; the message names the object and the remedy."""


class AnotherController(KubenasError):
    """Someone else runs this search."""


class Journal:
    """The journal under the folder ``search`` of ``storage``."""

    def __init__(self, storage: Storage, search: str) -> None:
        self._storage = storage
        self._prefix = f"{search}/{_FOLDER}/"
        self._next = 1

    def read(self) -> list[Record]:
        """All records, in order. Later appends follow them.

        Raises:
            JournalDamaged: an entry is missing, torn, altered or of an unknown version.
        """
        records = list(self._records())
        self._next = len(records) + 1
        return records

    def append(self, record: Record) -> None:
        """Makes ``record`` durable.

        Raises:
            AnotherController: someone has appended since this journal was read.
            StorageError: it could not be written.
        """
        name = self._name(self._next)
        try:
            self._storage.create(name, _encode(self._next, record))
        except ObjectExists as error:
            raise AnotherController(
                f"{self._uri(name)}: another process runs this search at the same time; stop one"
                " of them and run the same command again"
            ) from error
        self._next += 1

    def _records(self) -> Iterator[Record]:
        names = [info.name for info in self._storage.list(self._prefix)]
        for sequence, name in enumerate(names, start=1):
            if name != self._name(sequence):
                raise self._unexpected(name, sequence)
            try:
                yield _decode(self._storage.read(name), sequence)
            except (ValueError, KeyError, TypeError, ValidationError) as error:
                raise JournalDamaged(
                    f"{self._uri(name)}: {_first_line(error)};"
                    f" {_remedy(last=sequence == len(names))}"
                ) from error

    def _unexpected(self, name: str, sequence: int) -> JournalDamaged:
        expected = self._name(sequence)
        if name > expected and name[len(self._prefix) :].removesuffix(".json").isdigit():
            return JournalDamaged(
                f"{self._uri(expected)}: missing, though later entries exist; {_remedy(last=False)}"
            )
        return JournalDamaged(
            f"{self._uri(name)}: does not belong into a journal; move it out of this folder"
        )

    def _name(self, sequence: int) -> str:
        return f"{self._prefix}{sequence:08d}.json"

    def _uri(self, name: str) -> str:
        return join(self._storage.uri, name)


def _encode(sequence: int, record: Record) -> bytes:
    content = json.loads(record.model_dump_json())
    entry = {
        "schema": _SCHEMA,
        "sequence": sequence,
        "sha256": _digest(content),
        "record": content,
    }
    return json.dumps(entry, separators=(",", ":")).encode()


def _decode(data: bytes, sequence: int) -> Record:
    entry = json.loads(data)
    if entry["schema"] != _SCHEMA:
        raise ValueError(f"is of version '{entry['schema']}', this kubenas reads '{_SCHEMA}'")
    if entry["sequence"] != sequence:
        raise ValueError(f"says that it is entry {entry['sequence']}")
    if entry["sha256"] != _digest(entry["record"]):
        raise ValueError("does not match its checksum")
    return RECORD.validate_python(entry["record"])


def _digest(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _first_line(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "is torn, it is not whole JSON"
    if isinstance(error, KeyError):
        return f"has no field {error}"
    return str(error).splitlines()[0]


def _remedy(*, last: bool) -> str:
    if last:
        return "if this machine lost power, delete this last entry and run the same command again"
    return "restore it from a backup, or raise search.generation to search again from scratch"
