"""What an output holds, and what is known about it: all that housekeeping decides on."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubenas.errors import ObjectNotFound, UserError
from kubenas.retention.disposition import Disposition, task_disposition, trial_dispositions
from kubenas.retention.production import ProductionModel, find_attempt_folders
from kubenas.retention.programs import Programs
from kubenas.search.attempts import AttemptRecords
from kubenas.search.journal import JournalDamaged
from kubenas.search.layout import ATTEMPT, SEARCHES, definition_file
from kubenas.search.run import read_search
from kubenas.steps.retrain import choice_file
from kubenas.storage import ObjectInfo, Storage, split
from kubenas.storage.document import DOCUMENT_BYTES

_IN_ATTEMPT = re.compile(rf"(?P<place>{ATTEMPT})/(?P<rest>.+)")


@dataclass(frozen=True)
class AttemptObject:
    """An object's place in the folder of an attempt."""

    attempt_folder: str
    """The attempt's own folder, below the output."""
    search: str
    folder: str
    """Of the trial or task, below the search's own."""
    attempt: int
    name: str
    """The name below the attempt's own folder."""


@dataclass(frozen=True)
class SearchInfo:
    """One search in the output."""

    id: str
    dataset_digest: str = ""
    last_at: float = 0.0
    """Unix time of the last entry in its journal."""
    dispositions: Mapping[str, Disposition] = field(default_factory=dict)
    """By the folder of a trial or task, below the search's own."""
    selection_candidates: frozenset[str] = frozenset()
    """Folders, below the output, of the attempts that the choice of a model was made from."""
    program: str = ""
    """Id of the tuner's program that its trials run; empty: they run none."""
    unreadable: str = ""
    """Why nothing is known about it."""
    partly_deleted: bool = False
    """Its definition, which is the first to go, has been deleted."""


@dataclass(frozen=True)
class Inventory:
    """An output at one time."""

    objects: tuple[ObjectInfo, ...]
    """Listed before anything else was read: what is known is never older than they are."""
    searches: Mapping[str, SearchInfo]
    current: str | None = None
    """The search that the last step worked on."""
    champions: tuple[ProductionModel, ...] = ()
    """Models that are or were in production, the champion first."""
    served: frozenset[str] = frozenset()
    """Folders, below the output, of attempts whose models a server is told to serve."""
    prepared: str | None = None
    """Digest of the data set that was prepared last, which a step in a queue may wait for."""
    programs: Programs | None = None
    """Programs of tuners; None: it is not known which are in use."""
    running: bool = False
    """Something may be at work here: searches, data and scratch files may be in use."""


def parse_attempt_object(name: str) -> AttemptObject | None:
    """Where in an attempt's folder the object ``name`` of the output is, if it is in one."""
    match = _IN_ATTEMPT.fullmatch(name)
    if match is None:
        return None
    return AttemptObject(
        match["place"], match["search"], match["folder"], int(match["attempt"]), match["rest"]
    )


def search_ids(objects: Iterable[ObjectInfo]) -> list[str]:
    """All searches of which there is anything, sorted."""
    parts = (info.name.split("/") for info in objects)
    return sorted({part[1] for part in parts if part[0] == SEARCHES and len(part) > 2})


def read_searches(output: Storage, objects: Iterable[ObjectInfo]) -> dict[str, SearchInfo]:
    """Reads what is settled in each search of which ``objects``, the whole output, tell."""
    objects = tuple(objects)
    tasks = _tasks(objects)
    names = {info.name for info in objects}
    return {
        search: _read_search(output, search, tasks[search])
        if definition_file(search) in names
        else SearchInfo(search, partly_deleted=True)
        for search in search_ids(objects)
    }


def _read_search(output: Storage, search: str, tasks: Mapping[str, frozenset[int]]) -> SearchInfo:
    try:
        run = read_search(output, search)
        records = AttemptRecords.of(output, run.definition)
        dispositions = trial_dispositions(run.state) | {
            task: task_disposition(attempts, records.decided(task))
            for task, attempts in tasks.items()
        }
        selection_candidates = _selection_candidates(output, search)
    except (JournalDamaged, UserError) as error:
        return SearchInfo(search, unreadable=str(error))
    return SearchInfo(
        search,
        run.definition.dataset_digest,
        run.state.last_at or 0.0,
        dispositions,
        selection_candidates=selection_candidates,
        program=split(run.definition.space.program or "")[1],
    )


def _tasks(objects: Iterable[ObjectInfo]) -> Mapping[str, Mapping[str, frozenset[int]]]:
    """The attempts of all that is no trial, by search and folder."""
    found: dict[str, dict[str, frozenset[int]]] = defaultdict(dict)
    for info in objects:
        place = parse_attempt_object(info.name)
        if place and not place.folder.startswith("trials/"):
            known = found[place.search].get(place.folder, frozenset())
            found[place.search][place.folder] = known | {place.attempt}
    return found


def _selection_candidates(output: Storage, search: str) -> frozenset[str]:
    try:
        return find_attempt_folders(output.read(choice_file(search), limit=DOCUMENT_BYTES))
    except ObjectNotFound:
        return frozenset()
