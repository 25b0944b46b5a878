"""Rules that select the garbage in an inventory of an output. Pure.

The rules are monotonic: garbage in one inventory is garbage in every later one of the same output.
A search can therefore continue while its garbage is deleted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kubenas.config import RetentionConfig
from kubenas.retention.disposition import Disposition
from kubenas.retention.inventory import AttemptObject, Inventory, SearchInfo, parse_attempt_object
from kubenas.retention.programs import StagedFilesInUse, find_staged_in_use
from kubenas.search.layout import SEARCHES, checkpoint_folder
from kubenas.training.program.layout import PROGRAMS
from kubenas.trial import ATTEMPT_START_FILE, Outcome

_KEPT_OF_LOST = frozenset(
    {"spec.json", ATTEMPT_START_FILE, "result.json", "history.jsonl", "log.txt"}
)
"""Files of a lost attempt that are kept."""

_DATA = "data"
_CHECKPOINT = checkpoint_folder("").lstrip("/") + "/"
_LATEST = f"{_CHECKPOINT}latest.json"


class Reason(StrEnum):
    """Why an object is garbage, as shown to users."""

    ENDED = "checkpoints of ended trials"
    SUPERSEDED = "checkpoints with a newer one"
    LOST = "leftovers of lost attempts"
    EARLIER = "earlier searches"
    PARTLY_DELETED = "half-deleted searches"
    DATA = "data sets that no kept search uses"
    PROGRAM = "tuners' programs and arrays that no kept search uses"
    SCRATCH = "scratch files of the pipeline"
    TEMPORARY = "abandoned temporary files"


@dataclass(frozen=True)
class Garbage:
    """An object that may be deleted."""

    name: str
    size: int
    """Bytes."""
    reason: Reason


def kept_searches(inventory: Inventory, retention: RetentionConfig) -> set[str]:
    """Returns the searches to keep.

    They are the current and the latest searches, those of the latest champions, those with the
    latest data, which a run may be about to resume, and unreadable ones. While a run may be active,
    all searches are kept, because it may resume any of them.
    """
    searches = [each for each in inventory.searches.values() if not each.partly_deleted]
    if inventory.running:
        return set(inventory.searches)
    readable = [each for each in searches if not each.unreadable]
    readable.sort(key=lambda each: (each.id == inventory.current, each.last_at), reverse=True)
    kept = {each.id for each in readable[: retention.searches]}
    kept.update(each.id for each in searches if each.unreadable)
    kept.update(each.id for each in readable if each.dataset_digest == inventory.prepared)
    in_production = {each.search for each in inventory.champions[: retention.champions]}
    in_production.update(attempt.split("/")[1] for attempt in inventory.served)
    return kept | {each.id for each in readable if each.id in in_production}


def kept_models(inventory: Inventory, retention: RetentionConfig) -> frozenset[str]:
    """Returns the attempts' folders with models of champions and of the current service."""
    models = (each.attempts for each in inventory.champions[: retention.champions])
    return inventory.served.union(*models)


def find_garbage(inventory: Inventory, retention: RetentionConfig) -> list[Garbage]:
    """Returns all garbage in the output, in the order of its deletion.

    Deletion may be interrupted after any object. Definitions, data set schemas and checkpoint
    pointers therefore go before the objects that they refer to, and the first entry of a journal
    before the others: a journal without its first entry is rejected.
    """
    kept = kept_searches(inventory, retention)
    models = kept_models(inventory, retention)
    used = _used_data(inventory, kept, retention)
    staged = _staged_in_use(inventory, kept)
    newest = _newest_checkpoints(inventory)
    found = []
    for info in inventory.objects:
        top, _, below = info.name.partition("/")
        reason = None
        if top == SEARCHES and "/" in below:
            search = inventory.searches[below.partition("/")[0]]
            place = parse_attempt_object(info.name)
            if place is None or place.attempt_folder not in models:
                reason = _in_search(place, search, kept, newest, retention)
        elif top == _DATA and used is not None and "/" in below:
            reason = None if below.partition("/")[0] in used else Reason.DATA
        elif top == PROGRAMS and staged is not None:
            reason = None if staged.contains(below) else Reason.PROGRAM
        if reason is not None:
            found.append(Garbage(info.name, info.size, reason))
    return sorted(found, key=lambda each: (deletion_rank(each.name), each.name))


def deletion_rank(name: str) -> int:
    """Returns the rank of an object; lower ranks are deleted first."""
    if name.endswith(("/search.json", "/schema.json", "/latest.json", "/program.json", ".done")):
        return 0
    if "/journal-segments/" in name:
        return 1
    if "/journal/" in name:
        return 2 if name.endswith("/00000001.json") else 3
    return 4


def _in_search(
    place: AttemptObject | None,
    search: SearchInfo,
    kept: set[str],
    newest: Mapping[tuple[str, str], int],
    retention: RetentionConfig,
) -> Reason | None:
    if search.id not in kept:
        return Reason.PARTLY_DELETED if search.partly_deleted else Reason.EARLIER
    disposition = search.dispositions.get(place.folder) if place else None
    if place is None or disposition is None:
        return None
    if place.name.startswith(_CHECKPOINT):
        if place.attempt_folder in search.continued:
            return None
        return _of_checkpoint(
            place, disposition, newest.get((place.search, place.folder), 0), retention
        )
    kept_of_lost = (
        place.name in _KEPT_OF_LOST or place.attempt_folder in search.selection_candidates
    )
    return Reason.LOST if place.attempt in disposition.lost and not kept_of_lost else None


def _of_checkpoint(
    place: AttemptObject, disposition: Disposition, newest: int, retention: RetentionConfig
) -> Reason | None:
    if retention.checkpoints == "all" or disposition.parent == place.attempt:
        return None
    if not disposition.over:
        # The pointer is kept: the retry rules count losses without a checkpoint.
        superseded = place.attempt < newest and place.name != _LATEST
        return Reason.SUPERSEDED if superseded else None
    if retention.checkpoints == "failed" and disposition.outcome != Outcome.COMPLETED:
        return None
    return Reason.ENDED


def _newest_checkpoints(inventory: Inventory) -> dict[tuple[str, str], int]:
    """Returns the latest attempt with a checkpoint, by search and folder."""
    newest: dict[tuple[str, str], int] = {}
    for place in _places(inventory):
        if place.name == _LATEST:
            key = (place.search, place.folder)
            newest[key] = max(newest.get(key, 0), place.attempt)
    return newest


def _places(inventory: Inventory) -> Iterator[AttemptObject]:
    for info in inventory.objects:
        if place := parse_attempt_object(info.name):
            yield place


def _used_data(inventory: Inventory, kept: set[str], retention: RetentionConfig) -> set[str] | None:
    """Returns the digests of the data sets to keep; None: all, because their use is unknown."""
    searches = [inventory.searches[search] for search in kept]
    if inventory.running or not searches or any(not each.dataset_digest for each in searches):
        return None
    of_champions = {each.dataset_digest for each in inventory.champions[: retention.champions]}
    latest = {inventory.prepared} if inventory.prepared else set()
    return latest | of_champions | {each.dataset_digest for each in searches}


def _staged_in_use(inventory: Inventory, kept: set[str]) -> StagedFilesInUse | None:
    """Returns the staged programs to keep; None: all, because their use is unknown."""
    searches = [inventory.searches[search] for search in kept]
    unknown = any(each.unreadable for each in searches)
    if inventory.programs is None or inventory.running or unknown:
        return None
    return find_staged_in_use(
        inventory.programs, (each.program for each in searches if each.program)
    )
