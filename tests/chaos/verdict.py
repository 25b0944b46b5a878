"""Whether a run that was killed lost something, or did something twice."""

import json
from collections import Counter
from collections.abc import Iterator

from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import AttemptLost, Ended, Proposed, Record, Started
from kubenas.search.journal.state import fold
from kubenas.search.layout import attempt_folder, search_folder
from kubenas.search.run import read_search
from kubenas.serving.champion import ChampionLog
from kubenas.storage import Storage


def problems(storage: Storage, trials: int, *, lost_a_worker: bool) -> Iterator[str]:
    """All that is not as it must be at the end of a run with so many ``trials``."""
    summary = json.loads(storage.read("summary.json"))
    if sum(summary["trials"].values()) != trials:
        yield f"the summary counts {summary['trials']}"
    searches = {info.name.split("/")[1] for info in storage.list("searches/")}
    if searches != {summary["search"]}:
        yield f"one config, and these searches: {searches}"
    records = Journal(storage, search_folder(summary["search"])).read()
    print(table(records))
    yield from _of_trials(records, storage, summary["search"], trials=trials)
    yield from _of_promotions(records, storage, summary["search"])
    yield from _of_other_attempts(storage, summary["search"])
    champions = [record.model.search for record in ChampionLog(storage).history()]
    if champions != [summary["search"]]:
        yield f"promoted, one after the other: {champions}"
    if lost_a_worker and not any(isinstance(record, AttemptLost) for record in records):
        yield "the killed worker's attempt was not noticed"


def table(records: list[Record]) -> str:
    """How many records there are of each kind."""
    counts = Counter(type(record).__name__ for record in records)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _of_trials(
    records: list[Record], storage: Storage, search: str, *, trials: int
) -> Iterator[str]:
    ends = Counter(record.trial for record in records if isinstance(record, Ended))
    if set(ends) != set(range(trials)) or set(ends.values()) != {1}:
        yield f"trials did not end exactly once each: {dict(ends)}"
    if fold(records) != read_search(storage, search).state:
        yield "two replays of the journal differ"
    for record in records:
        if isinstance(record, Started) and record.attempt > 1:
            before = attempt_folder(search, record.trial, record.attempt - 1)
            if _has_ended_well(storage, before):
                yield f"trial {record.trial} was trained again although {before} has a result"


def _of_promotions(records: list[Record], storage: Storage, search: str) -> Iterator[str]:
    """Where a network was promoted twice, before it had ended, or did not go on where it was."""
    ended: set[int] = set()
    parents: list[int] = []
    for record in records:
        if isinstance(record, Ended):
            ended.add(record.trial)
        if not isinstance(record, Proposed) or record.parent is None:
            continue
        if record.parent not in ended or record.parent in parents:
            yield f"trial {record.parent} was promoted twice or too early"
        parents.append(record.parent)
        spec = f"{attempt_folder(search, record.trial, 1)}/spec.json"
        if storage.exists(spec) and json.loads(storage.read(spec))["resume_from"] is None:
            yield f"trial {record.trial} began anew instead of going on from {record.parent}"
    if parents:
        print(f"{len(parents)} promotions")


def _of_other_attempts(storage: Storage, search: str) -> Iterator[str]:
    """Retraining, evaluation and export: no attempt after one that has ended well."""
    folder = search_folder(search)
    results = [
        name.removesuffix("/result.json")
        for task in ("retrain", "evaluate", "export")
        for name in (info.name for info in storage.list(f"{folder}/{task}/"))
        if name.endswith("/result.json")
    ]
    done = Counter(name.rpartition("/")[0] for name in results if _has_ended_well(storage, name))
    yield from (f"{name} was done {count} times" for name, count in done.items() if count > 1)


def _has_ended_well(storage: Storage, attempt: str) -> bool:
    name = f"{attempt}/result.json"
    return storage.exists(name) and json.loads(storage.read(name))["failure"] is None
