"""What an output holds, and what is known about it: all that housekeeping decides on."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubenas.errors import ObjectNotFound, UserError
from kubenas.retention.disposition import Fate, task_fate, trial_fates
from kubenas.retention.production import Production, attempts_named
from kubenas.retention.programs import Programs
from kubenas.search.attempts import AttemptRecords
from kubenas.search.journal import JournalDamaged
from kubenas.search.layout import ATTEMPT_PATTERN, SEARCHES, definition_file
from kubenas.search.run import read_search
from kubenas.steps.retrain import choice_file
from kubenas.storage import ObjectInfo, Storage, split
from kubenas.storage.document import DOCUMENT_BYTES

_IN_ATTEMPT = re.compile(rf"(?P<place>{ATTEMPT_PATTERN})/(?P<rest>.+)")


@dataclass(frozen=True)
class InAttempt:
    """An object's place in the folder of an attempt."""

    place: str
    """The attempt's own folder, below the output."""
    search: str
    folder: str
    """Of the trial or task, below the search's own."""
    attempt: int
    rest: str
    """The name below the attempt's own folder."""


@dataclass(frozen=True)
class KnownSearch:
    """One search in the output."""

    id: str
    dataset_digest: str = ""
    last_at: float = 0.0
    """Unix time of the last entry in its journal."""
    fates: Mapping[str, Fate] = field(default_factory=dict)
    """By the folder of a trial or task, below the search's own."""
    chosen: frozenset[str] = frozenset()
    """Folders, below the output, of the attempts that the choice of a model was made from."""
    program: str = ""
    """Id of the tuner's program that its trials run; empty: they run none."""
    unreadable: str = ""
    """Why nothing is known about it."""
    remains: bool = False
    """Its definition, which is the first to go, has been deleted."""


@dataclass(frozen=True)
class Inventory:
    """An output at one time."""

    objects: tuple[ObjectInfo, ...]
    """Listed before anything else was read: what is known is never older than they are."""
    searches: Mapping[str, KnownSearch]
    current: str | None = None
    """The search that the last step worked on."""
    champions: tuple[Production, ...] = ()
    """Models that are or were in production, the champion first."""
    served: frozenset[str] = frozenset()
    """Folders, below the output, of attempts whose models a server is told to serve."""
    prepared: str | None = None
    """Digest of the data set that was prepared last, which a step in a queue may wait for."""
    programs: Programs | None = None
    """Programs of tuners; None: it is not known which are in use."""
    running: bool = False
    """Something may be at work here: searches, data and scratch files may be in use."""


def in_attempt(name: str) -> InAttempt | None:
    """Where in an attempt's folder the object ``name`` of the output is, if it is in one."""
    match = _IN_ATTEMPT.fullmatch(name)
    if match is None:
        return None
    return InAttempt(
        match["place"], match["search"], match["folder"], int(match["attempt"]), match["rest"]
    )


def search_ids(objects: Iterable[ObjectInfo]) -> list[str]:
    """All searches of which there is anything, sorted."""
    parts = (info.name.split("/") for info in objects)
    return sorted({part[1] for part in parts if part[0] == SEARCHES and len(part) > 2})


def know_searches(output: Storage, objects: Iterable[ObjectInfo]) -> dict[str, KnownSearch]:
    """Reads what is settled in each search of which ``objects``, the whole output, tell."""
    objects = tuple(objects)
    tasks = _tasks(objects)
    names = {info.name for info in objects}
    return {
        search: _known(output, search, tasks[search])
        if definition_file(search) in names
        else KnownSearch(search, remains=True)
        for search in search_ids(objects)
    }


def _known(output: Storage, search: str, tasks: Mapping[str, frozenset[int]]) -> KnownSearch:
    try:
        run = read_search(output, search)
        records = AttemptRecords.of(output, run.definition)
        fates = trial_fates(run.state) | {
            task: task_fate(attempts, records.decided(task)) for task, attempts in tasks.items()
        }
        chosen = _chosen(output, search)
    except (JournalDamaged, UserError) as error:
        return KnownSearch(search, unreadable=str(error))
    return KnownSearch(
        search,
        run.definition.dataset_digest,
        run.state.last_at or 0.0,
        fates,
        chosen=chosen,
        program=split(run.definition.space.program or "")[1],
    )


def _tasks(objects: Iterable[ObjectInfo]) -> Mapping[str, Mapping[str, frozenset[int]]]:
    """The attempts of all that is no trial, by search and folder."""
    found: dict[str, dict[str, frozenset[int]]] = defaultdict(dict)
    for info in objects:
        place = in_attempt(info.name)
        if place and not place.folder.startswith("trials/"):
            known = found[place.search].get(place.folder, frozenset())
            found[place.search][place.folder] = known | {place.attempt}
    return found


def _chosen(output: Storage, search: str) -> frozenset[str]:
    try:
        return attempts_named(output.read(choice_file(search), limit=DOCUMENT_BYTES))
    except ObjectNotFound:
        return frozenset()
