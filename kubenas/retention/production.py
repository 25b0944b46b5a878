"""What is in production, or may be again: no rule of housekeeping takes it."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from kubenas.errors import ObjectNotFound
from kubenas.search.layout import ATTEMPT_PATTERN
from kubenas.serving.champion import ChampionRecord
from kubenas.storage import Storage
from kubenas.storage.document import DOCUMENT_BYTES

_NAMED = re.compile(rf"{ATTEMPT_PATTERN}(?=[/\"])")
_SERVING = "serving/"
"""Folder of what is written down while a service changes to another model."""


@dataclass(frozen=True)
class Production:
    """The model of one search that is or was in production."""

    search: str
    dataset_digest: str = ""
    attempts: frozenset[str] = frozenset()
    """Folders, below the output, that the log names: of the attempts that exported it."""


def champions(history: Iterable[ChampionRecord]) -> tuple[Production, ...]:
    """The models of the champion log, one a search, the champion's first."""
    found: dict[str, Production] = {}
    for record in reversed(tuple(history)):
        search, named = record.model.search, attempts_named(record.model.to_json())
        known = found.get(search, Production(search, record.model.dataset_digest))
        found[search] = replace(known, attempts=known.attempts | named)
    return tuple(found.values())


def served_attempts(output: Storage, names: Iterable[str]) -> frozenset[str]:
    """Folders of the models that a server is told to serve, or to go back to, at this time.

    Args:
        output: the output.
        names: of all objects in it.
    """
    found: set[str] = set()
    for name in names:
        if name.startswith(_SERVING):
            with suppress(ObjectNotFound):  # the change is over
                found |= attempts_named(output.read(name, limit=DOCUMENT_BYTES))
    return frozenset(found)


def attempts_named(document: bytes) -> frozenset[str]:
    """Folders of attempts that a JSON document names, wherever the output was when it was written.

    Read as text: a document of another version of kubenas protects what it names as well.
    """
    return frozenset(match[0] for match in _NAMED.finditer(document.decode(errors="replace")))
