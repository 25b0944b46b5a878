"""Functions that read documents: JSON objects that another process has written.

The writer may be a trial, which is not trusted, or another version of kubenas. A document is
therefore read up to a size limit and validated against its class. Every problem raises one error
with the URI, the reason and the remedy.
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
"""Default size limit of a document in bytes."""

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
    """Reads and validates the document ``name``.

    Args:
        storage: the store of the document.
        name: the name of the object.
        kind: the class of the document.
        what: the kind of document for error messages, such as "a summary".
        limit: maximum size in bytes.
        remedy: the remedy for an unusable document, for error messages.

    Raises:
        ObjectNotFound: There is no such object.
        DocumentUnusable: The object is too large, not JSON, not valid, or of another version.
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
    """Returns the document as :func:`read_document` does, or None if there is no such object."""
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
    """Parses and validates the document in ``data``, which was read from ``uri``.

    Args:
        data: its bytes.
        kind: its class.
        uri: where it is.
        what: it should be, for people.
        remedy: what a person can do where it is unusable.
        update: what, where a newer version of kubenas may have written it.

    Raises:
        DocumentUnusable: The data are not JSON, not valid, or of another version.
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
    """Reads the JSON object ``name``. The caller validates its fields.

    Raises:
        ObjectNotFound: There is no such object.
        DocumentUnusable: The object is too large, or not a JSON object.
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
    """Returns why a document is invalid, and whether a newer kubenas may have written it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return "it is not valid JSON", False
    newer = first["type"] == "extra_forbidden" or field == "version"
    return f"{field}: {first['msg']}" if field else first["msg"], newer
