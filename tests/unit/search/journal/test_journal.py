"""The journal in a real directory: appending, reading and detection of damage."""

import hashlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.search.journal.journal import AnotherController, Journal, JournalDamaged
from kubenas.search.journal.records import AttemptLost, Closed, Ended, Opened, Proposed, Started
from kubenas.search.journal.state import fold
from kubenas.storage.directory import DirectoryStorage
from kubenas.trial import FailureClass, Outcome

RECORDS = [
    Opened(at=1.5, controller="a:1"),
    Proposed(at=2.25, trial=0, values={"units": 8, "rate": 1e-3}, oracle_trial="0"),
    Started(at=3.0, trial=0, attempt=1),
    Ended(at=4.1, trial=0, outcome=Outcome.COMPLETED, attempt=1, score=0.1 + 0.2),
]


def journal(folder: Path) -> Journal:
    return Journal(DirectoryStorage(folder), "searches/s")


def entry(folder: Path, number: int) -> Path:
    return folder / f"searches/s/journal/{number:08d}.json"


@pytest.fixture
def written(tmp_path):
    own = journal(tmp_path)
    for record in RECORDS:
        own.append(record)
    return tmp_path


def test_appended_records_are_read_back(written):
    assert journal(written).read() == RECORDS


def test_an_empty_journal_is_a_new_search(tmp_path):
    assert journal(tmp_path).read() == []


def test_records_can_be_appended_after_reading(written):
    own = journal(written)
    own.read()
    own.append(Closed(at=5.0, reason="done"))
    assert journal(written).read()[-1] == Closed(at=5.0, reason="done")


def test_the_second_controller_is_rejected(written):
    one, other = journal(written), journal(written)
    one.read()
    other.read()
    one.append(Opened(at=5.0, controller="one"))
    with pytest.raises(AnotherController, match=r"00000005.json: another process"):
        other.append(Opened(at=5.0, controller="other"))
    assert journal(written).read()[-1].controller == "one"


def tear(path):
    path.write_bytes(path.read_bytes()[:30])


def alter(path):
    path.write_text(path.read_text().replace('"trial":0', '"trial":7'))


def age(path):
    path.write_text(path.read_text().replace("journal/v1", "journal/v2"))


def copy_next(path):
    path.write_bytes(entry(path.parents[3], 4).read_bytes())


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (tear, "truncated"),
        (empty, "truncated"),
        (alter, "checksum"),
        (lambda path: path.write_text('{"schema": "katib/v1"}'), "version 'katib/v1'"),
        (copy_next, "entry 4"),
        (lambda path: path.write_text("[]"), "00000003.json"),
        (lambda path: path.write_text("{}"), "no field 'schema'"),
        (Path.unlink, "missing"),
    ],
)
def test_a_damaged_entry_is_an_error_with_a_remedy(written, damage, words):
    damage(entry(written, 3))
    with pytest.raises(JournalDamaged) as caught:
        journal(written).read()
    message = str(caught.value)
    assert words in message
    assert str(entry(written, 3)) in message
    assert "backup" in message
    assert "\n" not in message


def resealed(record: bytes) -> bytes:
    """Returns the first entry with another record and a valid checksum."""
    content = json.loads(record)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    seal = hashlib.sha256(canonical.encode()).hexdigest()
    head = {"schema": "kubenas/journal/v1", "sequence": 1, "sha256": seal}
    return json.dumps({**head, "record": content}).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"schema": "kubenas/journal/v2"}', "version 'kubenas/journal/v2', written by a newer"),
        (resealed(b'{"kind": "paused", "at": 1.0}'), "does not know"),
        (resealed(b'{"kind": "closed", "at": 1.0, "reason": "", "by": "x"}'), "closed.by"),
    ],
)
def test_an_entry_of_a_newer_version_asks_for_an_upgrade(tmp_path, content, words):
    entry(tmp_path, 1).parent.mkdir(parents=True)
    entry(tmp_path, 1).write_bytes(content)
    with pytest.raises(JournalDamaged) as caught:
        journal(tmp_path).read()
    message = str(caught.value)
    assert words in message
    assert str(entry(tmp_path, 1)) in message
    assert "upgrade kubenas" in message
    assert "\n" not in message


def test_a_truncated_last_entry_may_be_deleted(written):
    tear(entry(written, 4))
    with pytest.raises(JournalDamaged, match="delete this last entry"):
        journal(written).read()
    entry(written, 4).unlink()
    assert journal(written).read() == RECORDS[:3]


def test_an_unexpected_object_is_named(written):
    (written / "searches/s/journal/notes.txt").write_text("mine")
    with pytest.raises(JournalDamaged, match=r"notes.txt: is not a journal entry"):
        journal(written).read()


class HastyStorage(DirectoryStorage):
    """Writes files without fsync: the test measures reading."""

    def create(self, name: str, data: bytes) -> None:
        Path(self.uri, name).write_bytes(data)


def test_4000_records_are_read_and_folded_in_3_seconds(tmp_path):
    (tmp_path / "searches/s/journal").mkdir(parents=True)
    own = Journal(HastyStorage(tmp_path), "searches/s")
    values = {f"layer_{i}/units": 64 * i for i in range(20)}
    own.append(Opened(at=0.0, controller="a"))
    for trial in range(1333):
        own.append(Proposed(at=1.0, trial=trial, values=values, oracle_trial=str(trial)))
        own.append(Started(at=2.0, trial=trial, attempt=1))
        metrics = {"val_accuracy": 0.5, "accuracy": 0.5, "loss": 1.0, "val_loss": 1.0}
        own.append(Ended(at=3.0, trial=trial, outcome="completed", score=0.5, metrics=metrics))
    started = time.process_time()
    state = fold(journal(tmp_path).read())
    assert len(state.trials) == 1333
    assert time.process_time() - started < 3.0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda children: st.lists(children) | st.dictionaries(st.text(), children),
        max_leaves=5,
    )
)
def test_any_json_value_survives(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("journal")
    if value in (float("inf"), float("-inf")):
        return  # JSON has none; oracles' values are finite
    record = Proposed(at=1.0, trial=0, values={"v": value}, oracle_trial="0")
    if "Infinity" in json.dumps(value):
        return
    journal(folder).append(record)
    assert journal(folder).read() == [record]


def test_an_attempt_lost_keeps_its_reason(tmp_path):
    record = AttemptLost(
        at=1.0, trial=0, attempt=2, failure=FailureClass.NODE_LOSS, message="ä\n", seconds=0.5
    )
    journal(tmp_path).append(record)
    assert journal(tmp_path).read() == [record]
