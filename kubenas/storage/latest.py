"""The record ``<folder>/latest.json`` of what an output wrote last to ``<folder>/<digest>/``.

The record is written before the first file. It protects the files from garbage collection until a
search refers to them: the search step may wait in a queue for days.
"""

from contextlib import suppress

from kubenas.errors import DocumentUnusable
from kubenas.storage.document import find_document
from kubenas.storage.protocol import Storage
from kubenas.trial import Value


class _Latest(Value):
    digest: str


def record_latest(output: Storage, folder: str, digest: str) -> None:
    """Records ``digest`` as the latest in ``folder``."""
    with suppress(DocumentUnusable):
        if latest_digest(output, folder) == digest:
            return
    output.write(_name(folder), _Latest(digest=digest).to_json())


def latest_digest(output: Storage, folder: str) -> str | None:
    """Returns the latest digest in ``folder``.

    Returns None if there is no record, as in outputs of older versions.

    Raises:
        DocumentUnusable: The record cannot be read.
    """
    what = f"the digest of the latest files in {folder}"
    latest = find_document(output, _name(folder), _Latest, what=what)
    return latest.digest if latest else None


def _name(folder: str) -> str:
    return f"{folder}/latest.json"
