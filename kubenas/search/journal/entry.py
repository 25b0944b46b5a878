"""One entry of a journal: a record in one line of JSON, with its number, version and checksum."""

import hashlib
import json
import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from kubenas.search.journal.records import RECORD, Record

_SCHEMA = "kubenas/journal/v1"


class EntryUnusable(ValueError):
    """What an object holds is not the entry that it should be; says why, in words for people."""


class EntryOfAnotherVersion(EntryUnusable):
    """The entry is sound; it takes another kubenas to read it."""


def encode(sequence: int, record: Record) -> bytes:
    """The line of entry ``sequence``, counted from 1. Equal arguments, equal bytes."""
    content = json.loads(record.model_dump_json())
    entry = {
        "schema": _SCHEMA,
        "sequence": sequence,
        "sha256": _digest(content),
        "record": content,
    }
    return json.dumps(entry, separators=(",", ":")).encode()


def decode(line: bytes, sequence: int) -> Record:
    """The record of entry ``sequence``.

    Raises:
        EntryOfAnotherVersion: another kubenas has written it.
        EntryUnusable: it is torn, altered, foreign or another entry.
    """
    try:
        entry = _parse(line)
        _check_version(entry["schema"], _SCHEMA)
        if entry["sequence"] != sequence:
            raise EntryUnusable(f"says that it is entry {entry['sequence']}")
        if entry["sha256"] != _digest(entry["record"]):
            raise EntryUnusable("does not match its checksum")
    except KeyError as error:
        raise EntryUnusable(f"has no field {error}") from error
    except TypeError as error:
        raise EntryUnusable("is JSON of something else") from error
    return _record(entry["record"])


def _parse(line: bytes) -> Any:
    try:
        return from_json(line)
    except ValueError as error:
        raise EntryUnusable("is torn, it is not whole JSON") from error


def _record(content: Any) -> Record:
    """The record in a sound entry."""
    try:
        return RECORD.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EntryOfAnotherVersion(
            f"holds what this kubenas does not know ({field}: {first['msg']})"
        ) from error


def _check_version(found: Any, known: str) -> None:
    if found == known:
        return
    family, _, number = known.rpartition("/v")
    match = re.fullmatch(rf"{family}/v(\d+)", str(found))
    if match and int(match[1]) > int(number):
        raise EntryOfAnotherVersion(f"is of version '{found}', written by a newer kubenas")
    raise EntryUnusable(f"is of version '{found}', this kubenas reads '{known}'")


def _digest(content: Any) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
