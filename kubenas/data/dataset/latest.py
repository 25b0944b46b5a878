"""The record ``data/latest.json`` of the data set that an output prepared last.

The record is written before the first file of the data set. It protects the data set from garbage
collection until a search refers to it: the search step may wait in a queue for days.
"""

from contextlib import suppress

from kubenas.errors import DocumentUnusable
from kubenas.storage import Storage
from kubenas.storage.document import find_document
from kubenas.trial import Value

_NAME = "data/latest.json"


class _Latest(Value):
    digest: str


def record_latest_dataset(output: Storage, digest: str) -> None:
    """Records the data set with ``digest`` as the latest."""
    with suppress(DocumentUnusable):
        if latest_dataset(output) == digest:
            return
    output.write(_NAME, _Latest(digest=digest).to_json())


def latest_dataset(output: Storage) -> str | None:
    """Returns the digest of the latest data set.

    Returns None if there is no record, as in outputs of older versions.

    Raises:
        DocumentUnusable: The record cannot be read.
    """
    latest = find_document(output, _NAME, _Latest, what="the digest of the latest data set")
    return latest.digest if latest else None
