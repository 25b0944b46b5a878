"""``data/latest.json``: the data set that is being prepared in an output, or was prepared last.

It is in use from before its first file is written, although no search names it yet: the step that
will may wait in a queue for days.
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
    """Makes the data set with ``digest`` the latest."""
    with suppress(DocumentUnusable):
        if latest_dataset(output) == digest:
            return
    output.write(_NAME, _Latest(digest=digest).to_json())


def latest_dataset(output: Storage) -> str | None:
    """The digest of the latest data set; None: there is none, or an older version prepared it.

    Raises:
        DocumentUnusable: it cannot be read.
    """
    latest = find_document(output, _NAME, _Latest, what="the digest of the latest data set")
    return latest.digest if latest else None
