"""Finds the previous search in the same output, for the warm start of a weekly search."""

import logging

from kubenas.errors import DocumentUnusable
from kubenas.search.definition import SearchDefinition, read_definition
from kubenas.search.journal import Journal, JournalDamaged, fold
from kubenas.search.layout import search_folder
from kubenas.search.warm_start.listing import search_ids
from kubenas.storage import Storage
from kubenas.trial import Outcome

_logger = logging.getLogger(__name__)


def find_earlier_search(output: Storage, search: str) -> SearchDefinition | None:
    """Returns the last closed search, other than ``search``, with a completed trial.

    Searches on other data count as well. An unreadable search, for example of another version, is
    skipped with a warning. Returns None if there is none.
    """
    closed = [
        (ended, name, definition)
        for name in search_ids(output)
        if name != search and (read := _closed(output, name))
        for ended, definition in [read]
    ]
    return max(closed, key=lambda each: each[:2])[2] if closed else None


def _closed(output: Storage, search: str) -> tuple[float, SearchDefinition] | None:
    """Returns the closing time and definition; None if not closed or without completed trial."""
    try:
        definition = read_definition(output, search)
        state = fold(Journal(output, search_folder(search)).read())
    except (DocumentUnusable, JournalDamaged) as error:
        _logger.warning("search %s is skipped, because it cannot be read: %s", search, error)
        return None
    if state.closed is None or not state.ended(Outcome.COMPLETED):
        return None
    return state.closed.at, definition
