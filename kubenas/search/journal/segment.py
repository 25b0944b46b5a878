"""Journal segments: consecutive entries of a journal in one object.

Segments are derived data; the entries remain authoritative. The writer of the journal writes a
segment per ``SEGMENT_ENTRIES`` entries, so a reader needs one request instead of hundreds. A hash
chain over all lines from the first entry on identifies the journal that a segment belongs to.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic_core import from_json

SEGMENT_ENTRIES = 512
"""Entries per segment, and maximum number of single entries at the end of a journal."""

_SCHEMA = "kubenas/journal-segment/v1"
_MAX_BYTES = 1 << 30
"""Maximum size of a decompressed segment."""


class SegmentUnusable(ValueError):
    """The object is not a valid segment. The message says why."""


@dataclass(frozen=True)
class Segment:
    """The entries ``first`` to ``last``."""

    first: int
    lines: Sequence[bytes]
    previous: str
    """The hash chain over all lines before this segment."""
    chain: str
    """The hash chain up to the last line of this segment."""

    @property
    def last(self) -> int:
        """The number of the last entry."""
        return self.first + len(self.lines) - 1

    @property
    def name(self) -> str:
        """The object name in the segment folder; names sort by entry number."""
        return f"{self.first:08d}-{self.last:08d}.jsonl.gz"

    def encode(self) -> bytes:
        """Encodes the segment as gzip: a header line and the entries. Deterministic."""
        header = {
            "schema": _SCHEMA,
            "first": self.first,
            "last": self.last,
            "previous": self.previous,
            "chain": self.chain,
        }
        return gzip.compress(b"\n".join([json.dumps(header).encode(), *self.lines]), 6, mtime=0)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decodes a segment.

        Raises:
            SegmentUnusable: it is truncated, altered, not a segment or of another version.
        """
        head, *lines = _decompress(data).split(b"\n")
        try:
            header = from_json(head)
            schema, last = header["schema"], header["last"]
            segment = cls(int(header["first"]), lines, header["previous"], header["chain"])
            sound = chained(segment.previous, lines) == segment.chain
        except ValueError as error:
            raise SegmentUnusable("is truncated or damaged") from error
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise SegmentUnusable("is not a segment of a journal") from error
        if schema != _SCHEMA:
            raise SegmentUnusable(f"has version '{schema}'; this kubenas reads '{_SCHEMA}'")
        if not sound or segment.last != last:
            raise SegmentUnusable("does not match its checksum")
        return segment


def _decompress(data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SegmentUnusable("is truncated or damaged") from error
    if len(content) > _MAX_BYTES:
        raise SegmentUnusable(f"decompresses to more than {_MAX_BYTES:,} bytes")
    return content


def chained(previous: str, lines: Iterable[bytes]) -> str:
    """Continues the hash chain ``previous`` over ``lines``."""
    for line in lines:
        previous = hashlib.sha256(previous.encode() + line).hexdigest()
    return previous


class SegmentCutter:
    """Splits the lines of a journal into segments."""

    def __init__(self) -> None:
        self._first = 1
        self._previous = self._chain = ""
        self._lines: list[bytes] = []

    @property
    def chain(self) -> str:
        """The hash chain over all lines so far."""
        return self._chain

    def add(self, line: bytes) -> Segment | None:
        """Adds the next line; returns the segment if the line completes one."""
        self._lines.append(line)
        self._chain = chained(self._chain, [line])
        return self.cut() if len(self._lines) >= SEGMENT_ENTRIES else None

    def cut(self) -> Segment | None:
        """Returns the lines since the last cut as a segment; None if there are none."""
        if not self._lines:
            return None
        segment = Segment(self._first, tuple(self._lines), self._previous, self._chain)
        self.follow(segment)
        return segment

    def follow(self, segment: Segment) -> None:
        """Continues after ``segment``, which begins after the last cut."""
        self._first, self._lines = segment.last + 1, []
        self._previous = self._chain = segment.chain
