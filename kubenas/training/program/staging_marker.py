"""Markers of running calls of search(): ``programs/staging/<id>.json``.

A marker protects a staged program from garbage collection. Until the search is defined, no other
object refers to the program.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pydantic import Field

from kubenas.errors import DocumentUnusable, ObjectNotFound, StorageError
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.training.program.layout import PROGRAMS
from kubenas.trial import Value

STAGING_FOLDER = f"{PROGRAMS}/staging"
_ABANDONED_SECONDS = 24 * 3600.0
"""Age from which a marker is ignored: the call was killed, or its search is defined."""


class _Marker(Value):
    at: float = Field(description="Unix time of the start of staging")


@contextmanager
def protect_staging(output: Storage) -> Iterator[None]:
    """Protects the programs in ``output`` from garbage collection within the context."""
    name = f"{STAGING_FOLDER}/{uuid.uuid4().hex}.json"
    output.write(name, _Marker(at=time.time()).to_json())
    try:
        yield
    finally:
        with suppress(StorageError):  # the marker expires after a day
            output.delete(name)


def is_staging(output: Storage, name: str, *, now: float) -> bool:
    """Whether the marker ``name`` may belong to a running call at Unix time ``now``."""
    try:
        marker = read_document(output, name, _Marker, what="the marker of a call of search()")
        return now - marker.at < _ABANDONED_SECONDS
    except (
        ObjectNotFound,
        DocumentUnusable,
    ):  # deleted in the meantime: the state may have changed
        return True
