"""The contract of the champion log on every kind of store."""

import threading

import pytest

from kubenas.errors import UserError
from kubenas.serving.champion import (
    ChampionChanged,
    ChampionLog,
    ChampionModel,
    ModelMetrics,
    promotion_record,
    rollback_record,
)
from kubenas.storage import Storage
from kubenas.trial import SpaceRef


def model(search: str) -> ChampionModel:
    return ChampionModel(
        search=search,
        trial=3,
        saved_model=f"out/searches/{search}/export/a1/saved_model",
        keras_model=f"out/searches/{search}/export/a1/model.keras",
        space=SpaceRef(name="layers"),
        labels=("no", "yes"),
        input_shape=(8, 8, 1),
        dataset="out/data/d",
        dataset_digest="d",
        test=ModelMetrics(examples=100, accuracy=0.9, loss=0.3, macro_f1=0.9),
    )


def promote(log: ChampionLog, search: str) -> None:
    log.append(promotion_record(log.history(), model(search), why="better", at=1.0))


def roll_back(log: ChampionLog, to: int | None = None) -> None:
    log.append(rollback_record(log.history(), to=to, why="complaints", at=2.0))


@pytest.fixture
def log(storage: Storage) -> ChampionLog:
    return ChampionLog(storage)


def test_last_record_is_the_champion(log: ChampionLog) -> None:
    assert log.champion() is None
    promote(log, "one")
    promote(log, "two")
    champion = log.champion()
    assert champion is not None
    assert (champion.number, champion.model, champion.replaced) == (2, model("two"), 1)
    assert [record.model.search for record in log.history()] == ["one", "two"]


def test_concurrent_writers_lose_no_record(log: ChampionLog) -> None:
    names = [f"s{number}" for number in range(6)]
    barrier = threading.Barrier(len(names))

    def insist(search: str) -> None:
        barrier.wait()
        while True:
            try:
                promote(log, search)
            except ChampionChanged:
                continue
            return

    threads = [threading.Thread(target=insist, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = log.history()
    assert sorted(record.model.search for record in history) == names
    assert [record.replaced for record in history] == [None, 1, 2, 3, 4, 5]


def test_conflicting_append_changes_nothing(log: ChampionLog) -> None:
    late = promotion_record(log.history(), model("late"), why="better", at=1.0)
    promote(log, "first")
    with pytest.raises(ChampionChanged, match=r"00001\.json"):
        log.append(late)
    assert [record.model.search for record in log.history()] == ["first"]


def test_rollbacks_restore_one_champion_after_another(log: ChampionLog) -> None:
    for search in ("one", "two", "three"):
        promote(log, search)
    roll_back(log)
    roll_back(log)
    history = log.history()
    assert [record.model.search for record in history] == ["one", "two", "three", "two", "one"]
    assert [record.restored for record in history] == [None, None, None, 2, 1]
    with pytest.raises(UserError, match="no predecessor"):
        roll_back(log)


def test_promotion_after_a_rollback_replaces_the_restored_champion(log: ChampionLog) -> None:
    promote(log, "one")
    promote(log, "two")
    roll_back(log)
    promote(log, "four")
    roll_back(log)
    champion = log.champion()
    assert champion is not None
    assert (champion.model.search, champion.restored) == ("one", 1)


def test_rollback_to_any_record_but_the_current_champion(log: ChampionLog) -> None:
    with pytest.raises(UserError, match="nothing to roll back"):
        roll_back(log)
    for search in ("one", "two", "three"):
        promote(log, search)
    roll_back(log, to=1)
    for present in (1, 4):
        with pytest.raises(UserError, match="current champion"):
            roll_back(log, to=present)
    with pytest.raises(UserError, match="no record 9"):
        roll_back(log, to=9)


def test_missing_or_unreadable_record_is_an_error(log: ChampionLog, storage: Storage) -> None:
    promote(log, "one")
    promote(log, "two")
    storage.delete("champion/00001.json")
    with pytest.raises(UserError, match=r"champion/00001\.json: missing"):
        log.champion()
    storage.write("champion/00001.json", b'{"version": 2}')
    with pytest.raises(UserError, match="update kubenas"):
        log.champion()
