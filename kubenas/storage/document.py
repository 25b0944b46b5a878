"""Documents: JSON objects that one process has written and another one reads. The way to read them.

Who wrote a document may be a trial, which is not trusted, or another version of kubenas. So it is
read up to a limit, checked against its class, and whatever is wrong with it is one error that says
what, where, and what to do.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.storage.location import join
from kubenas.storage.protocol import Storage
from kubenas.trial import Value

DOCUMENT_BYTES = 32 << 20
"""Of a document at the most, where its kind has no limit of its own."""

_REMEDY = "restore it from a backup, or delete it"
_UPDATE = "update kubenas"

V = TypeVar("V", bound=Value)


def read_document(
    storage: Storage,
    name: str,
    kind: type[V],
    *,
    what: str,
    limit: int = DOCUMENT_BYTES,
    remedy: str = _REMEDY,
) -> V:
    """The document ``name``.

    Args:
        storage: where it is.
        name: of its object.
        kind: its class.
        what: it should be, for people, such as "a summary".
        limit: bytes of it at the most.
        remedy: what a person can do where it is unusable.

    Raises:
        ObjectNotFound: there is none.
        DocumentUnusable: it is too large, no JSON, of another class or of another version.
    """
    return parse_document(
        storage.read(name, limit=limit),
        kind,
        uri=join(storage.uri, name),
        what=what,
        remedy=remedy,
    )


def find_document(
    storage: Storage, name: str, kind: type[V], *, what: str, remedy: str = _REMEDY
) -> V | None:
    """As :func:`read_document`; None: there is none."""
    try:
        return read_document(storage, name, kind, what=what, remedy=remedy)
    except ObjectNotFound:
        return None


def parse_document(
    data: bytes,
    kind: type[V],
    *,
    uri: str,
    what: str,
    remedy: str = _REMEDY,
    update: str = _UPDATE,
) -> V:
    """The document in ``data``, which were read from ``uri``.

    Args:
        data: its bytes.
        kind: its class.
        uri: where it is.
        what: it should be, for people.
        remedy: what a person can do where it is unusable.
        update: what, where a newer version of kubenas may have written it.

    Raises:
        DocumentUnusable: as of :func:`read_document`.
    """
    try:
        return kind.from_json(data)
    except ValidationError as error:
        reason, newer = _reason(error)
        advice = update if newer else remedy
        raise DocumentUnusable(
            f"{uri}: not {what} that this version of kubenas can read ({reason}); {advice}"
        ) from error


def read_object(
    storage: Storage, name: str, *, limit: int = DOCUMENT_BYTES, remedy: str = _REMEDY
) -> Mapping[str, Any]:
    """The JSON object ``name``, of which only its reader knows what may be in it.

    Raises:
        ObjectNotFound: there is none.
        DocumentUnusable: it is too large, or no JSON object.
    """
    data = storage.read(name, limit=limit)
    try:
        content = from_json(data)
    except ValueError as error:
        content = error
    if isinstance(content, dict):
        return content
    raise DocumentUnusable(f"{join(storage.uri, name)}: not a JSON object; {remedy}")


def _reason(error: ValidationError) -> tuple[str, bool]:
    """What is wrong with a document, in words, and whether a newer kubenas may have written it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return "it is not whole JSON", False
    newer = first["type"] == "extra_forbidden" or field == "version"
    return f"{field}: {first['msg']}" if field else first["msg"], newer
