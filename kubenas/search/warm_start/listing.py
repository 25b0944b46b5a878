"""Which searches an output holds."""

from collections.abc import Iterator

from kubenas.search.layout import SEARCHES, definition_file, search_folder
from kubenas.storage import Storage

_LAST = "~"
"""Comes after whatever a search's folder holds."""


def search_ids(output: Storage) -> Iterator[str]:
    """The ids of all searches that have begun, in the order of their folders' names.

    A listing a search: what is in their folders, perhaps 100,000 objects, is passed over.
    """
    after = ""
    while info := next(output.list(f"{SEARCHES}/", after=after), None):
        search = info.name.split("/")[1]
        if output.exists(definition_file(search)):
            yield search
        after = f"{search_folder(search)}/{_LAST}"
