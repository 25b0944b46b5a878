"""Encoding of a journal entry: one line of JSON with record, number, version and checksum."""

import hashlib
import json
import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from kubenas.search.journal.records import RECORD, Record

_SCHEMA = "kubenas/journal/v1"


class EntryUnusable(ValueError):
    """The object does not hold the expected entry. The message says why."""


class EntryOfAnotherVersion(EntryUnusable):
    """The entry is intact, but another version of kubenas is needed to read it."""


def encode(sequence: int, record: Record) -> bytes:
    """Encodes entry number ``sequence``, counted from 1. Deterministic."""
    content = json.loads(record.model_dump_json())
    entry = {
        "schema": _SCHEMA,
        "sequence": sequence,
        "sha256": _digest(content),
        "record": content,
    }
    return json.dumps(entry, separators=(",", ":")).encode()


def decode(line: bytes, sequence: int) -> Record:
    """Decodes entry number ``sequence``.

    Raises:
        EntryOfAnotherVersion: another version of kubenas has written it.
        EntryUnusable: it is truncated, altered, not an entry or another entry.
    """
    try:
        entry = _parse(line)
        _check_version(entry["schema"], _SCHEMA)
        if entry["sequence"] != sequence:
            raise EntryUnusable(f"contains entry {entry['sequence']}")
        if entry["sha256"] != _digest(entry["record"]):
            raise EntryUnusable("does not match its checksum")
    except KeyError as error:
        raise EntryUnusable(f"has no field {error}") from error
    except TypeError as error:
        raise EntryUnusable("is JSON, but not a journal entry") from error
    return _record(entry["record"])


def _parse(line: bytes) -> Any:
    try:
        return from_json(line)
    except ValueError as error:
        raise EntryUnusable("is truncated: not complete JSON") from error


def _record(content: Any) -> Record:
    """Validates the record of an intact entry."""
    try:
        return RECORD.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EntryOfAnotherVersion(
            f"has content that this version of kubenas does not know ({field}: {first['msg']})"
        ) from error


def _check_version(found: Any, known: str) -> None:
    if found == known:
        return
    family, _, number = known.rpartition("/v")
    match = re.fullmatch(rf"{family}/v(\d+)", str(found))
    if match and int(match[1]) > int(number):
        raise EntryOfAnotherVersion(f"has version '{found}', written by a newer kubenas")
    raise EntryUnusable(f"has version '{found}'; this kubenas reads '{known}'")


def _digest(content: Any) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
