"""``data/latest.json``: the data set that is being prepared in an output, or was prepared last.

It is in use from before its first file is written, although no search names it yet: the step that
will may wait in a queue for days.
"""

from pydantic import ValidationError

from kubenas.errors import ObjectNotFound
from kubenas.storage import Storage
from kubenas.trial import Value

_NAME = "data/latest.json"


class _Latest(Value):
    digest: str


def note_latest_data(output: Storage, digest: str) -> None:
    """Makes the data set with ``digest`` the latest."""
    if latest_data(output) != digest:
        output.write(_NAME, _Latest(digest=digest).to_json())


def latest_data(output: Storage) -> str | None:
    """The digest of the latest data set; None: there is none, or an older version prepared it."""
    try:
        return _Latest.from_json(output.read(_NAME)).digest
    except (ObjectNotFound, ValidationError):
        return None
