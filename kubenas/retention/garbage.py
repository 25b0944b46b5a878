"""What may go from an output, and why. Pure: an inventory -> names with reasons.

The rules are monotone: what is garbage for one inventory is so for every later one of the same
output, so that a search may go on while its garbage is deleted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kubenas.config import RetentionConfig
from kubenas.retention.disposition import Fate
from kubenas.retention.inventory import InAttempt, Inventory, KnownSearch, in_attempt
from kubenas.retention.programs import StagedInUse, in_use
from kubenas.search.layout import SEARCHES, checkpoint_folder
from kubenas.training.program.layout import PROGRAMS
from kubenas.trial import ATTEMPT_START_FILE, Outcome

_LINEAGE = frozenset({"spec.json", ATTEMPT_START_FILE, "result.json", "history.jsonl", "log.txt"})
"""What stays of a lost attempt."""

_DATA = "data"
_CHECKPOINT = checkpoint_folder("").lstrip("/") + "/"
_LATEST = f"{_CHECKPOINT}latest.json"


class Reason(StrEnum):
    """Why an object is garbage, in words for people."""

    ENDED = "checkpoints of ended trials"
    SUPERSEDED = "checkpoints with a newer one"
    LOST = "leftovers of lost attempts"
    EARLIER = "earlier searches"
    REMAINS = "half-deleted searches"
    DATA = "data sets that no kept search uses"
    PROGRAM = "tuners' programs and arrays that no kept search uses"
    SCRATCH = "scratch files of the pipeline"
    TEMPORARY = "abandoned temporary files"


@dataclass(frozen=True)
class Garbage:
    """An object that may go."""

    name: str
    size: int
    """Bytes."""
    reason: Reason


def kept_searches(inventory: Inventory, retention: RetentionConfig) -> set[str]:
    """The searches that stay: the current one and the latest, those of the latest champions and of
    the latest data, which a run may be about to take up, and those that cannot be read.

    While something is at work, all of them: it may be about to take up any.
    """
    searches = [each for each in inventory.searches.values() if not each.remains]
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


def models_kept(inventory: Inventory, retention: RetentionConfig) -> frozenset[str]:
    """Folders of attempts whose models no rule takes: of champions, and what is being served."""
    models = (each.attempts for each in inventory.champions[: retention.champions])
    return inventory.served.union(*models)


def find_garbage(inventory: Inventory, retention: RetentionConfig) -> list[Garbage]:
    """All garbage in the output, in the order in which it is to be deleted.

    Deleting may be cut off after any object. So a definition, a data set's schema or the pointer to
    a checkpoint goes before what it speaks of, and of a journal the first entry goes first: a
    journal without it is refused, never believed.
    """
    kept = kept_searches(inventory, retention)
    models = models_kept(inventory, retention)
    used = _used_data(inventory, kept, retention)
    staged = _staged_in_use(inventory, kept)
    newest = _newest_checkpoints(inventory)
    found = []
    for info in inventory.objects:
        top, _, below = info.name.partition("/")
        reason = None
        if top == SEARCHES and "/" in below:
            search = inventory.searches[below.partition("/")[0]]
            place = in_attempt(info.name)
            if place is None or place.place not in models:
                reason = _in_search(place, search, kept, newest, retention)
        elif top == _DATA and used is not None and "/" in below:
            reason = None if below.partition("/")[0] in used else Reason.DATA
        elif top == PROGRAMS and staged is not None:
            reason = None if staged.holds(below) else Reason.PROGRAM
        if reason is not None:
            found.append(Garbage(info.name, info.size, reason))
    return sorted(found, key=lambda each: (deletion_rank(each.name), each.name))


def deletion_rank(name: str) -> int:
    """Objects of a lower rank are deleted before any of a higher one."""
    if name.endswith(("/search.json", "/schema.json", "/latest.json", "/program.json", ".done")):
        return 0
    if "/journal-segments/" in name:
        return 1
    if "/journal/" in name:
        return 2 if name.endswith("/00000001.json") else 3
    return 4


def _in_search(
    place: InAttempt | None,
    search: KnownSearch,
    kept: set[str],
    newest: Mapping[tuple[str, str], int],
    retention: RetentionConfig,
) -> Reason | None:
    if search.id not in kept:
        return Reason.REMAINS if search.remains else Reason.EARLIER
    fate = search.fates.get(place.folder) if place else None
    if place is None or fate is None:
        return None
    if place.rest.startswith(_CHECKPOINT):
        return _of_checkpoint(place, fate, newest.get((place.search, place.folder), 0), retention)
    kept_of_lost = place.rest in _LINEAGE or place.place in search.chosen
    return Reason.LOST if place.attempt in fate.lost and not kept_of_lost else None


def _of_checkpoint(
    place: InAttempt, fate: Fate, newest: int, retention: RetentionConfig
) -> Reason | None:
    if retention.checkpoints == "all" or fate.parent == place.attempt:
        return None
    if not fate.over:
        # That there was one decides, with other losses, whether the trial is tried again.
        superseded = place.attempt < newest and place.rest != _LATEST
        return Reason.SUPERSEDED if superseded else None
    if retention.checkpoints == "failed" and fate.outcome != Outcome.COMPLETED:
        return None
    return Reason.ENDED


def _newest_checkpoints(inventory: Inventory) -> dict[tuple[str, str], int]:
    """The latest attempt that has left a checkpoint, by search and folder."""
    newest: dict[tuple[str, str], int] = {}
    for place in _places(inventory):
        if place.rest == _LATEST:
            key = (place.search, place.folder)
            newest[key] = max(newest.get(key, 0), place.attempt)
    return newest


def _places(inventory: Inventory) -> Iterator[InAttempt]:
    for info in inventory.objects:
        if place := in_attempt(info.name):
            yield place


def _used_data(inventory: Inventory, kept: set[str], retention: RetentionConfig) -> set[str] | None:
    """Digests of the data sets that stay; None: all, for it is not known which are used."""
    searches = [inventory.searches[search] for search in kept]
    if inventory.running or not searches or any(not each.dataset_digest for each in searches):
        return None
    of_champions = {each.dataset_digest for each in inventory.champions[: retention.champions]}
    latest = {inventory.prepared} if inventory.prepared else set()
    return latest | of_champions | {each.dataset_digest for each in searches}


def _staged_in_use(inventory: Inventory, kept: set[str]) -> StagedInUse | None:
    """What stays of staged programs; None: all, for it is not known which are used."""
    searches = [inventory.searches[search] for search in kept]
    unknown = any(each.unreadable for each in searches)
    if inventory.programs is None or inventory.running or unknown:
        return None
    return in_use(inventory.programs, (each.program for each in searches if each.program))
