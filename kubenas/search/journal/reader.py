"""Reader of a journal: segments where they exist, the remaining entries one by one, in parallel.

The entries are authoritative. An unusable segment is skipped with a warning, its entries are read
instead, and the next controller writes the segment again. A missing or damaged entry is an error.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from kubenas.errors import DocumentUnusable, KubenasError, ObjectNotFound
from kubenas.search.journal.entry import EntryOfAnotherVersion, EntryUnusable, decode
from kubenas.search.journal.records import Record
from kubenas.search.journal.segment import Segment, SegmentCutter, SegmentUnusable
from kubenas.storage import Storage, join
from kubenas.storage.document import DOCUMENT_BYTES

_LOG = logging.getLogger(__name__)
_REQUESTS = 16
"""Parallel requests: a request to an object store takes tens of milliseconds."""
_BATCH = 1024

_RESTORE = "restore it from a backup, or raise search.generation to search again from scratch"
_UPGRADE = "upgrade kubenas and run the same command again"
_DELETE = "if this machine lost power, delete this last entry and run the same command again"

T = TypeVar("T")
U = TypeVar("U")


class JournalDamaged(KubenasError):
    """The journal is incomplete or altered. The message names the object and the remedy."""


@dataclass
class Replayed:
    """The lines of a journal, as read."""

    lines: list[bytes] = field(default_factory=list)
    cutter: SegmentCutter = field(default_factory=SegmentCutter)
    """Contains all of ``lines``."""
    unsegmented: list[Segment] = field(default_factory=list)
    """Complete segments that no usable object holds."""

    def take(self, segment: Segment) -> None:
        """Appends a segment."""
        if before := self.cutter.cut():
            self.unsegmented.append(before)
        self.cutter.follow(segment)
        self.lines += segment.lines

    def add(self, lines: Iterable[bytes]) -> None:
        """Appends single entries."""
        for line in lines:
            self.lines.append(line)
            if segment := self.cutter.add(line):
                self.unsegmented.append(segment)


class JournalReader:
    """Reads the journal in folder ``search`` of ``storage``."""

    def __init__(self, storage: Storage, search: str) -> None:
        self._storage = storage
        self._entries = f"{search}/journal/"
        self._segments = f"{search}/journal-segments/"

    def entry_name(self, sequence: int) -> str:
        """Returns the object name of an entry, counted from 1."""
        return f"{self._entries}{sequence:08d}.json"

    def segment_name(self, segment: Segment) -> str:
        """Returns the object name of a segment."""
        return f"{self._segments}{segment.name}"

    def read(self) -> Replayed:
        """Reads all lines.

        Raises:
            JournalDamaged: an entry is missing, or the folder holds an object that is not an entry.
        """
        replayed = self._read_segments()
        tail = self._read_tail(len(replayed.lines))
        if replayed.lines and tail[0] != replayed.lines[-1]:
            self._warn(self._segments, "its last entry differs from the journal's entry")
            replayed, tail = Replayed(), self._read_tail(0)
        replayed.add(tail[1:] if replayed.lines else tail)
        return replayed

    def records(self, lines: list[bytes]) -> list[Record]:
        """Decodes ``lines``, the whole journal.

        Raises:
            JournalDamaged: an entry is truncated, altered or of another version.
        """
        return [self._decode(line, n, last=n == len(lines)) for n, line in enumerate(lines, 1)]

    def _decode(self, line: bytes, sequence: int, *, last: bool) -> Record:
        try:
            return decode(line, sequence)
        except EntryOfAnotherVersion as error:
            raise self._damaged(sequence, f"{error}; {_UPGRADE}") from error
        except EntryUnusable as error:
            raise self._damaged(sequence, f"{error}; {_DELETE if last else _RESTORE}") from error

    def _read_segments(self) -> Replayed:
        """Reads the lines up to the end of the last usable segment."""
        replayed = Replayed()
        names = [info.name for info in self._storage.list(self._segments)]
        for name, segment in zip(names, _in_parallel(self._read_segment, names), strict=True):
            if segment is None:
                continue
            gap = range(len(replayed.lines) + 1, segment.first)
            replayed.add(_in_parallel(self._read_entry, gap))
            ends = (len(replayed.lines) + 1, replayed.cutter.chain)
            if ends == (segment.first, segment.previous):
                replayed.take(segment)
            else:
                self._warn(name, "it does not continue the entries before it")
        return replayed

    def _read_segment(self, name: str) -> Segment | None:
        try:
            segment = Segment.decode(self._storage.read(name, limit=DOCUMENT_BYTES))
        except (SegmentUnusable, ObjectNotFound, DocumentUnusable) as error:
            self._warn(name, str(error))
            return None
        if name == self.segment_name(segment):
            return segment
        self._warn(name, f"it holds the content of {segment.name}")
        return None

    def _warn(self, name: str, reason: str) -> None:
        _LOG.warning(
            "%s: %s; nothing is lost: the journal's single entries are read instead",
            self._uri(name),
            reason,
        )

    def _read_tail(self, known: int) -> list[bytes]:
        """Reads the entries from number ``known`` (inclusive); from the first if it is 0.

        The listing only tells the last number and unexpected objects. It may omit an entry that
        another process wrote while the folder was listed, although it shows a later one.
        """
        after = self.entry_name(known - 1) if known else ""
        names = [info.name for info in self._storage.list(self._entries, after=after)]
        last = max(map(self._number, names), default=known)
        return list(_in_parallel(self._read_entry, range(max(known, 1), max(known, last) + 1)))

    def _read_entry(self, sequence: int) -> bytes:
        """Reads the line of an entry. Replaces line breaks, which only manual edits add."""
        try:
            name = self.entry_name(sequence)
            return self._storage.read(name, limit=DOCUMENT_BYTES).replace(b"\n", b" ")
        except ObjectNotFound as error:
            others = self._uri(self._segments)
            raise self._damaged(
                sequence, f"missing, although later entries exist here or in {others}; {_RESTORE}"
            ) from error
        except DocumentUnusable as error:
            raise self._damaged(sequence, f"{error}; {_RESTORE}") from error

    def _number(self, name: str) -> int:
        """Returns the number of the entry in object ``name``."""
        number = name[len(self._entries) :].removesuffix(".json")
        if number.isdecimal() and name == self.entry_name(int(number)) and int(number) > 0:
            return int(number)
        raise JournalDamaged(
            f"{self._uri(name)}: is not a journal entry; move it out of this folder"
        )

    def _damaged(self, sequence: int, words: str) -> JournalDamaged:
        return JournalDamaged(f"{self._uri(self.entry_name(sequence))}: {words}")

    def _uri(self, name: str) -> str:
        return join(self._storage.uri, name)


def _in_parallel(function: Callable[[T], U], arguments: Iterable[T]) -> Iterator[U]:
    """Like ``map``, in threads and in batches. After an error, no further batch is started."""
    remaining = iter(arguments)
    with ThreadPoolExecutor(max_workers=_REQUESTS) as threads:
        while batch := list(islice(remaining, _BATCH)):
            yield from threads.map(function, batch)
