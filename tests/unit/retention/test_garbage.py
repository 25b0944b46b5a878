"""The rules of garbage collection, on constructed inventories."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from kubenas.config import RetentionConfig
from kubenas.retention.disposition import Disposition, task_disposition
from kubenas.retention.garbage import Reason, find_garbage, kept_searches
from kubenas.retention.inventory import Inventory, SearchInfo
from kubenas.storage import ObjectInfo
from kubenas.trial import Outcome, Result, Task

KEEP = RetentionConfig()
TRIAL = "trials/00004"
LINEAGE = ("spec.json", "log.txt", "history.jsonl", "result.json")
STATE = "checkpoint/state-00002-abcd.npz"
POINTER = "checkpoint/latest.json"
ATTEMPT = (*LINEAGE, "architecture.json", "model.keras", POINTER, STATE)
SEARCH = ("search.json", "space.json", "retrain.json", "report.html", "journal/00000001.json")


def objects(*names: str) -> tuple[ObjectInfo, ...]:
    return tuple(ObjectInfo(name, 10) for name in names)


def of_trial(
    disposition: Disposition, attempts: Iterable[int], files: Iterable[str] = ATTEMPT
) -> Inventory:
    names = [f"searches/s/{TRIAL}/a{attempt}/{file}" for attempt in attempts for file in files]
    search = SearchInfo("s", "d", dispositions={TRIAL: disposition})
    return Inventory(objects(*(f"searches/s/{name}" for name in SEARCH), *names), {"s": search})


def gone(inventory: Inventory, retention: RetentionConfig = KEEP) -> dict[str, Reason]:
    strip = f"searches/s/{TRIAL}/"
    found = find_garbage(inventory, retention)
    return {each.name.removeprefix(strip): each.reason for each in found}


def test_only_checkpoints_of_a_completed_trial_are_garbage() -> None:
    disposition = Disposition(over=True, outcome=Outcome.COMPLETED)
    assert gone(of_trial(disposition, [1])) == {
        f"a1/{POINTER}": Reason.ENDED,
        f"a1/{STATE}": Reason.ENDED,
    }


def test_lineage_of_a_lost_attempt_is_kept() -> None:
    disposition = Disposition(over=True, outcome=Outcome.COMPLETED, lost=frozenset({1}))
    left = gone(of_trial(disposition, [1, 2]))
    assert {name for name, reason in left.items() if reason == Reason.LOST} == {
        "a1/architecture.json",
        "a1/model.keras",
    }
    assert not [name for name in left if name.split("/")[-1] in LINEAGE]


def test_checkpoint_of_a_possible_parent_is_kept() -> None:
    disposition = Disposition(over=True, outcome=Outcome.COMPLETED, lost=frozenset({1}), parent=2)
    left = gone(of_trial(disposition, [1, 2], [POINTER, STATE]))
    assert set(left) == {f"a1/{POINTER}", f"a1/{STATE}"}


def test_newest_checkpoint_and_pointers_of_an_open_trial_are_kept() -> None:
    disposition = Disposition(over=False, lost=frozenset({1, 2}))
    inventory = of_trial(disposition, [1, 2], [POINTER, STATE])
    assert gone(inventory) == {f"a1/{STATE}": Reason.SUPERSEDED}
    begun = objects(f"searches/s/{TRIAL}/a3/{STATE}")  # no pointer yet: it cannot be resumed from
    assert gone(replace(inventory, objects=inventory.objects + begun)) == {
        f"a1/{STATE}": Reason.SUPERSEDED
    }


@pytest.mark.parametrize(
    ("policy", "outcome", "stays"),
    [
        ("none", Outcome.FAILED, False),
        ("failed", Outcome.FAILED, True),
        ("failed", Outcome.INFEASIBLE, True),
        ("failed", Outcome.COMPLETED, False),
        ("all", Outcome.COMPLETED, True),
    ],
)
def test_checkpoints_are_kept_by_policy(policy: str, outcome: Outcome, stays: bool) -> None:
    retention = RetentionConfig(checkpoints=policy)
    inventory = of_trial(Disposition(over=True, outcome=outcome), [1], [POINTER, STATE])
    assert bool(gone(inventory, retention)) is not stays


def test_unknown_attempt_is_kept() -> None:
    inventory = of_trial(Disposition(over=True), [1])
    unknown = replace(inventory, searches={"s": SearchInfo("s", "d")})
    assert not gone(unknown)


def several(*, running: bool = False, current: str | None = None) -> Inventory:
    searches = {
        "old": SearchInfo("old", "d-old", 100.0),
        "mid": SearchInfo("mid", "d-mid", 200.0),
        "new": SearchInfo("new", "d-new", 300.0),
    }
    names = [f"searches/{search}/{file}" for search in searches for file in SEARCH]
    data = [f"data/d-{search}/{file}" for search in searches for file in ("schema.json", "x.rec")]
    return Inventory(
        objects("config.json", "code/1/m.py", "summary.json", "steps/x.json", *names, *data),
        searches,
        current=current,
        running=running,
    )


def test_earlier_searches_and_their_data_are_garbage() -> None:
    found = find_garbage(several(), RetentionConfig(searches=2))
    assert {each.name.split("/")[1] for each in found} == {"old", "d-old"}
    assert {each.reason for each in found} == {Reason.EARLIER, Reason.DATA}
    assert len(found) == len(SEARCH) + 2


def test_current_search_is_kept() -> None:
    assert kept_searches(several(current="old"), RetentionConfig(searches=2)) == {"old", "new"}


def test_searches_and_data_are_kept_during_a_run() -> None:
    assert not find_garbage(several(running=True), RetentionConfig(searches=1))


def test_unreadable_search_keeps_all_data() -> None:
    inventory = several()
    damaged = SearchInfo("old", unreadable="damaged")
    inventory = replace(inventory, searches={**inventory.searches, "old": damaged})
    found = find_garbage(inventory, RetentionConfig(searches=1))
    assert {each.name.split("/")[1] for each in found} == {"mid"}


def test_partly_deleted_search_is_garbage() -> None:
    inventory = several()
    remains = {**inventory.searches, "new": SearchInfo("new", partly_deleted=True)}
    found = find_garbage(replace(inventory, searches=remains), RetentionConfig(searches=2))
    assert {each.reason for each in found} == {Reason.PARTLY_DELETED, Reason.DATA}
    assert {each.name.split("/")[1] for each in found} == {"new", "d-new"}


def test_data_is_kept_without_searches() -> None:
    inventory = Inventory(objects("config.json", "data/d/schema.json"), {})
    assert not find_garbage(inventory, KEEP)


def test_references_are_deleted_before_their_targets() -> None:
    names = [each.name for each in find_garbage(several(), RetentionConfig(searches=1))]
    for search in ("old", "mid"):
        assert names.index(f"searches/{search}/search.json") < names.index(
            f"searches/{search}/journal/00000001.json"
        )
        assert names.index(f"data/d-{search}/schema.json") < names.index(f"data/d-{search}/x.rec")


def test_disposition_of_a_task() -> None:
    done = Result(task=Task.EXPORT, trial=1, attempt=2, outcome=Outcome.COMPLETED)
    assert task_disposition([1, 2], done) == Disposition(
        over=True, lost=frozenset({1}), outcome=Outcome.COMPLETED
    )
    assert task_disposition([1, 2], None) == Disposition(over=False)
