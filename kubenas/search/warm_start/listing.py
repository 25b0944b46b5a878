"""List of the searches in an output."""

from collections.abc import Iterator

from kubenas.search.layout import SEARCHES, definition_file, search_folder
from kubenas.storage import Storage

_LAST = "~"
"""Sorts after every object in a search's folder."""


def search_ids(output: Storage) -> Iterator[str]:
    """Yields the ids of all searches, sorted.

    Sends one list request per search, because a search's folder may hold 100,000 objects.
    """
    after = ""
    while info := next(output.list(f"{SEARCHES}/", after=after), None):
        search = info.name.split("/")[1]
        if output.exists(definition_file(search)):
            yield search
        after = f"{search_folder(search)}/{_LAST}"
