"""``programs/staging/<id>.json``: a call of search() stages its program, or its search runs.

Until the search is defined nothing else names what is staged for it.
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
"""After which a call that has not taken its mark away was killed, or its search is defined."""


class _Marker(Value):
    at: float = Field(description="Unix time at which staging began")


@contextmanager
def protect_staging(output: Storage) -> Iterator[None]:
    """Keeps programs in ``output`` from being taken for garbage while entered."""
    name = f"{STAGING_FOLDER}/{uuid.uuid4().hex}.json"
    output.write(name, _Marker(at=time.time()).to_json())
    try:
        yield
    finally:
        with suppress(StorageError):  # it counts for a day at the most
            output.delete(name)


def is_staging(output: Storage, name: str, *, now: float) -> bool:
    """Whether the mark ``name`` may be that of a call that is at work at Unix time ``now``."""
    try:
        marker = read_document(output, name, _Marker, what="the mark of a call of search()")
        return now - marker.at < _ABANDONED_SECONDS
    except (ObjectNotFound, DocumentUnusable):  # taken away just now: all may have changed
        return True
