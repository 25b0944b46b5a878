"""The search before this one in the same output: what a weekly search begins from."""

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
    """The search other than ``search`` that was closed last with a network to show.

    Whatever its data. One that cannot be read, such as another version's, is passed over and named
    in the log. None: there is none yet.
    """
    closed = [
        (ended, name, definition)
        for name in search_ids(output)
        if name != search and (read := _closed(output, name))
        for ended, definition in [read]
    ]
    return max(closed, key=lambda each: each[:2])[2] if closed else None


def _closed(output: Storage, search: str) -> tuple[float, SearchDefinition] | None:
    """When it was closed; None: it has not been, or no trial of it completed."""
    try:
        definition = read_definition(output, search)
        state = fold(Journal(output, search_folder(search)).read())
    except (DocumentUnusable, JournalDamaged) as error:
        _logger.warning("search %s is passed over, it cannot be read: %s", search, error)
        return None
    if state.closed is None or not state.ended(Outcome.COMPLETED):
        return None
    return state.closed.at, definition
