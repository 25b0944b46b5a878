"""Inventory of an output, the input of garbage collection."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubenas.errors import ObjectNotFound, UserError
from kubenas.retention.disposition import Disposition, task_disposition, trial_dispositions
from kubenas.retention.production import ProductionModel, find_attempt_folders
from kubenas.retention.programs import Programs
from kubenas.retention.retraining import continued_attempts
from kubenas.search.attempts import AttemptRecords
from kubenas.search.journal import JournalDamaged
from kubenas.search.layout import ATTEMPT_PATTERN, SEARCHES, definition_file
from kubenas.search.run import read_search
from kubenas.steps.retrain import choice_file
from kubenas.storage import ObjectInfo, Storage, split
from kubenas.storage.document import DOCUMENT_BYTES

_IN_ATTEMPT = re.compile(rf"(?P<attempt_folder>{ATTEMPT_PATTERN})/(?P<name>.+)")


@dataclass(frozen=True)
class AttemptObject:
    """Location of an object in the folder of an attempt."""

    attempt_folder: str
    """Folder of the attempt, relative to the output."""
    search: str
    folder: str
    """Folder of the trial or task, relative to the search."""
    attempt: int
    name: str
    """Name relative to the folder of the attempt."""


@dataclass(frozen=True)
class SearchInfo:
    """A search in the output."""

    id: str
    dataset_digest: str = ""
    last_at: float = 0.0
    """Unix time of the last entry in its journal."""
    dispositions: Mapping[str, Disposition] = field(default_factory=dict)
    """By the folder of a trial or task, relative to the search."""
    selection_candidates: frozenset[str] = frozenset()
    """Folders, relative to the output, of the attempts among which the model was selected."""
    continued: frozenset[str] = frozenset()
    """Folders, relative to the output, of attempts whose checkpoints the retraining needs."""
    program: str = ""
    """Id of the tuner's program of its trials; empty if they use none."""
    unreadable: str = ""
    """Error that prevents reading the search; empty if it is readable."""
    partly_deleted: bool = False
    """Whether its definition, which is deleted first, is missing."""


@dataclass(frozen=True)
class Inventory:
    """State of an output at one time."""

    objects: tuple[ObjectInfo, ...]
    """All objects in the output, listed before the other fields were read."""
    searches: Mapping[str, SearchInfo]
    current: str | None = None
    """Search of the last step."""
    champions: tuple[ProductionModel, ...] = ()
    """Current and former models in production, the champion first."""
    served: frozenset[str] = frozenset()
    """Folders, relative to the output, of attempts whose models are being served."""
    prepared: str | None = None
    """Digest of the latest prepared data set, which a queued step may use."""
    programs: Programs | None = None
    """Programs of tuners; None if it is unknown which are in use."""
    running: bool = False
    """Whether a run may be active and use searches, data and scratch files."""


def parse_attempt_object(name: str) -> AttemptObject | None:
    """Parses the name of an object; None if it is not in the folder of an attempt."""
    match = _IN_ATTEMPT.fullmatch(name)
    if match is None:
        return None
    return AttemptObject(
        match["attempt_folder"],
        match["search"],
        match["folder"],
        int(match["attempt"]),
        match["name"],
    )


def search_ids(objects: Iterable[ObjectInfo]) -> list[str]:
    """Returns the ids of all searches with at least one object, sorted."""
    parts = (info.name.split("/") for info in objects)
    return sorted({part[1] for part in parts if part[0] == SEARCHES and len(part) > 2})


def read_searches(output: Storage, objects: Iterable[ObjectInfo]) -> dict[str, SearchInfo]:
    """Reads the final facts of each search in ``objects``, which lists the whole output."""
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
        continued = continued_attempts(output, run)
    except (JournalDamaged, UserError) as error:
        return SearchInfo(search, unreadable=str(error))
    return SearchInfo(
        search,
        run.definition.dataset_digest,
        run.state.last_at or 0.0,
        dispositions,
        selection_candidates=selection_candidates,
        continued=continued,
        program=split(run.definition.space.program or "")[1],
    )


def _tasks(objects: Iterable[ObjectInfo]) -> Mapping[str, Mapping[str, frozenset[int]]]:
    """Returns the attempts of all tasks except trials, by search and folder."""
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
