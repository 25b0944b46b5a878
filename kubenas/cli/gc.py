"""``kubenas gc``: lists or deletes objects of an output that are no longer needed."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kubenas.cli.answer import Answer
from kubenas.cli.output_lock import OutputInUse, local_folder, output_lock
from kubenas.config import RetentionConfig
from kubenas.data.dataset.latest import latest_dataset
from kubenas.retention.activity import lock_searches, may_be_running
from kubenas.retention.garbage import Garbage, Reason, find_garbage, kept_searches
from kubenas.retention.inventory import Inventory, read_searches, search_ids
from kubenas.retention.leftovers import find_leftovers, remove_empty_folders
from kubenas.retention.production import production_models, served_attempts
from kubenas.retention.programs import read_programs
from kubenas.retention.sweep import sweep
from kubenas.serving.champion import ChampionLog
from kubenas.steps.process import read_outcomes, read_status
from kubenas.steps.setup import read_config_lock
from kubenas.storage import Storage, open_storage


def collect_garbage(
    output: str,
    answer: Answer,
    *,
    overrides: Mapping[str, Any],
    delete: bool,
    verbose: bool,
) -> None:
    """Lists the garbage in ``output`` and deletes it if ``delete`` is set.

    Args:
        output: URI of the output.
        answer: receives the list.
        overrides: overrides of the section ``retention`` of the output's config.
        delete: whether to delete the garbage.
        verbose: whether to list each object.

    Raises:
        UserError: the output contains no run.
        StorageError: an object could not be read or deleted; the command can be repeated.
    """
    storage = open_storage(output)
    retention = read_config_lock(storage).retention.model_copy(update=dict(overrides))
    local = local_folder(storage.uri)
    with _inventory(storage, local) as inventory:
        garbage = find_garbage(inventory, retention)
        leftovers = [] if inventory.running else find_leftovers(local)
        _tell([*garbage, *leftovers], inventory, retention, answer, verbose=verbose)
        if delete:
            sweep(storage, garbage)
            sweep(open_storage(str(local)), leftovers)
            if not inventory.running:
                remove_empty_folders(local)
    _conclude(bool(garbage or leftovers), answer, delete=delete)


@contextmanager
def _inventory(storage: Storage, local: Path) -> Iterator[Inventory]:
    """Reads the inventory. Locks, where available, keep runs from starting within the block."""
    with ExitStack() as stack:
        free = _try_lock(storage, local, stack)
        status, outcomes = read_status(storage), read_outcomes(storage)
        objects = tuple(storage.list())
        free = lock_searches(storage, search_ids(objects), objects, stack) and free
        yield Inventory(
            objects=objects,
            searches=read_searches(storage, objects),
            current=status.search if status else None,
            champions=production_models(ChampionLog(storage).history()),
            prepared=latest_dataset(storage),
            programs=read_programs(storage, (info.name for info in objects)),
            served=served_attempts(storage, (info.name for info in objects)),
            running=not free or may_be_running(status, outcomes, now=time.time()),
        )


def _try_lock(storage: Storage, local: Path, stack: ExitStack) -> bool:
    try:
        stack.enter_context(output_lock(local, storage.uri))
    except OutputInUse:
        return False
    return True


def _tell(
    garbage: list[Garbage],
    inventory: Inventory,
    retention: RetentionConfig,
    answer: Answer,
    *,
    verbose: bool,
) -> None:
    if inventory.running:
        answer.line("a run may be active: only objects that it cannot need are considered")
    for search in inventory.searches.values():
        if search.unreadable:
            answer.line(f"skipped: search {search.id}: {search.unreadable}")
    for each in garbage if verbose else ():
        answer.line(f"  {each.name}  ({each.reason})")
    by_reason = dict(_by_reason(garbage))
    for reason, sums in by_reason.items():
        answer.line(f"{reason:<36}{sums['objects']:>9} objects{_amount(sums['bytes']):>12}")
    total = _sums(garbage)
    answer.line(f"{'total':<36}{total['objects']:>9} objects{_amount(total['bytes']):>12}")
    answer.put(
        {
            **total,
            "reasons": by_reason,
            "running": inventory.running,
            "kept_searches": sorted(kept_searches(inventory, retention)),
            "left_alone": {
                each.id: each.unreadable for each in inventory.searches.values() if each.unreadable
            },
        }
    )
    if verbose:
        answer.put({"garbage": [{"name": each.name, "reason": each.reason} for each in garbage]})


def _by_reason(garbage: Iterable[Garbage]) -> Iterator[tuple[str, dict[str, int]]]:
    for reason in Reason:
        own = [each for each in garbage if each.reason == reason]
        if own:
            yield reason.value, _sums(own)


def _sums(garbage: list[Garbage]) -> dict[str, int]:
    return {"objects": len(garbage), "bytes": sum(each.size for each in garbage)}


def _conclude(found: bool, answer: Answer, *, delete: bool) -> None:
    answer.put({"deleted": delete})
    if delete:
        answer.line("deleted")
    elif found:
        answer.line("nothing was deleted; add --yes to delete")


def _amount(size: int) -> str:
    """Formats a number of bytes."""
    number = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
