"""Journal: the durable record of a search, as numbered objects that never change.

Creating the next number is also the fence between controllers: if two controllers run the same
search, the create of one of them fails and it stops. Segments make the journal fast to read.
"""

import logging

from kubenas.errors import KubenasError, ObjectExists, StorageError
from kubenas.search.journal.entry import encode
from kubenas.search.journal.reader import JournalDamaged, JournalReader
from kubenas.search.journal.records import Record
from kubenas.search.journal.segment import Segment, SegmentCutter
from kubenas.storage import Storage, join

__all__ = ["AnotherController", "Journal", "JournalDamaged"]

_LOG = logging.getLogger(__name__)


class AnotherController(KubenasError):
    """Another process runs this search."""


class Journal:
    """The journal in folder ``search`` of ``storage``."""

    def __init__(self, storage: Storage, search: str) -> None:
        self._storage = storage
        self._reader = JournalReader(storage, search)
        self._next = 1
        self._cutter = SegmentCutter()
        self._unsegmented: list[Segment] = []

    def read(self) -> list[Record]:
        """Reads all records, in order; later appends follow them. Writes nothing.

        Raises:
            JournalDamaged: an entry is missing, truncated, altered or of another version.
        """
        replayed = self._reader.read()
        records = self._reader.records(replayed.lines)
        self._next = len(records) + 1
        self._cutter, self._unsegmented = replayed.cutter, replayed.unsegmented
        return records

    def append(self, record: Record) -> None:
        """Writes ``record`` as the next entry.

        Raises:
            AnotherController: another process has appended since this journal was read.
            StorageError: the entry could not be written.
        """
        name, line = self._reader.entry_name(self._next), encode(self._next, record)
        try:
            self._storage.create(name, line)
        except ObjectExists as error:
            raise AnotherController(
                f"{join(self._storage.uri, name)}: another process runs this search at the same"
                " time; stop one of them and run the same command again"
            ) from error
        self._next += 1
        if segment := self._cutter.add(line):
            self._unsegmented.append(segment)
        self._write_segments()

    def _write_segments(self) -> None:
        """Writes the complete segments. The entries are durable already: a failure is logged."""
        waiting, self._unsegmented = self._unsegmented, []
        for segment in waiting:
            name = self._reader.segment_name(segment)
            try:
                self._storage.write(name, segment.encode())
            except StorageError as error:
                _LOG.warning(
                    "%s: segment not written; resuming this search will be slower: %s", name, error
                )
