"""Segments of a long journal: the entries remain authoritative."""

import gzip
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.errors import StorageFull
from kubenas.search.journal.journal import Journal, JournalDamaged
from kubenas.search.journal.records import Opened
from kubenas.search.journal.segment import SEGMENT_ENTRIES, Segment
from kubenas.storage import ObjectInfo
from kubenas.storage.directory import DirectoryStorage

N = SEGMENT_ENTRIES
RECORDS = [Opened(at=float(number), controller="a") for number in range(2 * N + 5)]
LAST = 2 * N + 5
FOLDER = Path("searches/s")


def write(folder: Path, records: list[Opened]) -> Path:
    journal = Journal(DirectoryStorage(folder), "searches/s")
    for record in records:
        journal.append(record)
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write(tmp_path_factory.mktemp("original"), RECORDS)


@pytest.fixture(scope="module")
def of_another_search(tmp_path_factory):
    others = [Opened(at=record.at, controller="b") for record in RECORDS]
    return write(tmp_path_factory.mktemp("other"), others)


@pytest.fixture
def long(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "copy"))


def segment(folder: Path, number: int) -> Path:
    first = number * N + 1
    return folder / FOLDER / "journal-segments" / f"{first:08d}-{first + N - 1:08d}.jsonl.gz"


def entry(folder: Path, number: int) -> Path:
    return folder / FOLDER / "journal" / f"{number:08d}.json"


class CountingStorage(DirectoryStorage):
    """Counts the requests."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: list[str] = []
        self.listed = 0

    def read(self, name: str, *, limit: int | None = None) -> bytes:
        self.reads.append(name)
        return super().read(name, limit=limit)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        for info in super().list(prefix, after=after):
            self.listed += 1
            yield info


def read(folder: Path) -> list[Opened]:
    return Journal(DirectoryStorage(folder), "searches/s").read()


def test_a_resume_needs_few_requests(long):
    storage = CountingStorage(long)
    assert Journal(storage, "searches/s").read() == RECORDS
    assert len(storage.reads) == 2 + 6, "two segments, the last entry in them, and five more"
    assert storage.listed == 2 + 6


def test_missing_segments_are_written(long, caplog):
    contents = [segment(long, number).read_bytes() for number in (0, 1)]
    shutil.rmtree(segment(long, 0).parent)
    journal = Journal(DirectoryStorage(long), "searches/s")
    assert journal.read() == RECORDS
    assert not segment(long, 0).exists(), "reading writes nothing"
    journal.append(Opened(at=0.5, controller="c"))
    assert [segment(long, number).read_bytes() for number in (0, 1)] == contents
    assert read(long)[-1].controller == "c"
    assert not caplog.records


def rewrite(path: Path, **changes: object) -> None:
    old = Segment.decode(path.read_bytes())
    values = {name: getattr(old, name) for name in ("first", "lines", "previous", "chain")}
    path.write_bytes(Segment(**{**values, **changes}).encode())


def alter(path: Path) -> None:
    lines = list(Segment.decode(path.read_bytes()).lines)
    rewrite(path, lines=[*lines[:-1], lines[-1].replace(b'"a"', b'"z"')])


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "is truncated or damaged"),
        (lambda path: path.write_bytes(b""), "is truncated or damaged"),
        (lambda path: path.write_bytes(gzip.compress(b"{}")), "is not a segment"),
        (lambda path: path.write_bytes(b"notes"), "is truncated or damaged"),
        (alter, "checksum"),
        (lambda path: rewrite(path, first=7), "content of 00000007"),
        (lambda path: rewrite(path, previous="0", chain="0"), "checksum"),
    ],
)
def test_a_damaged_segment_is_skipped_with_a_warning_and_rewritten(
    long, number, damage, words, caplog
):
    damage(segment(long, number))
    journal = Journal(DirectoryStorage(long), "searches/s")
    assert journal.read() == RECORDS
    [told] = caplog.records
    assert told.levelno == logging.WARNING
    assert str(segment(long, number)) in told.getMessage()
    assert words in told.getMessage()
    journal.append(Opened(at=0.5, controller="c"))
    caplog.clear()
    assert len(read(long)) == LAST + 1
    assert not caplog.records


@pytest.mark.parametrize("numbers", [[0], [1], [0, 1]])
def test_a_segment_of_another_search_is_rejected(long, of_another_search, numbers, caplog):
    for number in numbers:
        shutil.copy(segment(of_another_search, number), segment(long, number))
    assert read(long) == RECORDS
    assert "single entries are read instead" in caplog.text


def test_a_segment_of_a_newer_version_is_skipped(long, caplog):
    plain = gzip.decompress(segment(long, 1).read_bytes())
    segment(long, 1).write_bytes(gzip.compress(plain.replace(b"segment/v1", b"segment/v2", 1)))
    assert read(long) == RECORDS
    assert "has version 'kubenas/journal-segment/v2'" in caplog.text


@pytest.mark.parametrize("number", [2 * N, 2 * N + 3])
def test_a_missing_entry_is_an_error_even_with_intact_segments(long, number):
    entry(long, number).unlink()
    with pytest.raises(JournalDamaged, match=f"{number:08d}.json: missing, although later entries"):
        read(long)


def test_entries_that_exist_only_in_a_segment_are_an_error(long):
    for number in range(2 * N, LAST + 1):
        entry(long, number).unlink()
    with pytest.raises(JournalDamaged, match=f"{2 * N:08d}.json: .*journal-segments; restore"):
        read(long)


def test_entries_of_a_damaged_segment_must_exist(long):
    segment(long, 0).write_bytes(b"")
    entry(long, 7).unlink()
    with pytest.raises(JournalDamaged, match=r"00000007.json: missing, .*backup"):
        read(long)


class HidingStorage(DirectoryStorage):
    """Lists an entry but omits the one before, as a listing during a write may do."""

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        infos = [*super().list(prefix, after=after)]
        yield from infos[:-2] + infos[-1:]


def test_an_entry_missing_from_the_listing_is_read(long):
    assert Journal(HidingStorage(long), "searches/s").read() == RECORDS


def test_a_gap_before_a_stray_entry_is_an_error(long):
    shutil.copy(entry(long, LAST), entry(long, 99_999_999))
    with pytest.raises(JournalDamaged, match=f"{LAST + 1:08d}.json: missing"):
        read(long)


class CrampedStorage(DirectoryStorage):
    """Accepts journal entries only."""

    def write(self, name: str, data: bytes) -> None:  # noqa: ARG002
        raise StorageFull(f"{name}: the disk is full")


def test_a_failed_segment_write_loses_no_record(tmp_path, caplog):
    journal = Journal(CrampedStorage(tmp_path), "searches/s")
    for record in RECORDS[: N + 1]:
        journal.append(record)
    assert read(tmp_path) == RECORDS[: N + 1]
    assert "resuming this search will be slower" in caplog.text
