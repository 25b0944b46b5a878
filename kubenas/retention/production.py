"""Models in production, now or formerly, which garbage collection keeps."""

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
"""Folder of the records of a change of the served model."""


@dataclass(frozen=True)
class ProductionModel:
    """Model of one search that is or was in production."""

    search: str
    dataset_digest: str = ""
    attempts: frozenset[str] = frozenset()
    """Folders, relative to the output, of the attempts named in the champion log."""


def production_models(history: Iterable[ChampionRecord]) -> tuple[ProductionModel, ...]:
    """Returns the models of the champion log, one per search, the champion's first."""
    found: dict[str, ProductionModel] = {}
    for record in reversed(tuple(history)):
        search, named = record.model.search, find_attempt_folders(record.model.to_json())
        known = found.get(search, ProductionModel(search, record.model.dataset_digest))
        found[search] = replace(known, attempts=known.attempts | named)
    return tuple(found.values())


def served_attempts(output: Storage, names: Iterable[str]) -> frozenset[str]:
    """Returns the attempts' folders with models that a server is to serve or roll back to.

    Args:
        output: the output.
        names: names of all objects in it.
    """
    found: set[str] = set()
    for name in names:
        if name.startswith(_SERVING):
            with suppress(ObjectNotFound):  # the change has ended
                found |= find_attempt_folders(output.read(name, limit=DOCUMENT_BYTES))
    return frozenset(found)


def find_attempt_folders(document: bytes) -> frozenset[str]:
    """Finds the folders of attempts in a JSON document, at any location of the output.

    Searches the text: documents of other versions of kubenas protect their attempts as well.
    """
    return frozenset(match[0] for match in _NAMED.finditer(document.decode(errors="replace")))
