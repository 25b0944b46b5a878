"""Many entries of a journal in one object: a snapshot of a stretch of it.

Segments are derived. The entries stay where they are and stay the truth; whoever appends writes a
segment for each stretch that is complete, and a reader takes a stretch in one request instead of
hundreds. The chained checksum (as in a Merkle chain, over all lines from the journal's first)
tells a segment of this journal from one of another.
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
"""At most so many single entries are read at the end of a journal."""

_SCHEMA = "kubenas/journal-segment/v1"
_MAX_BYTES = 1 << 30
"""Of a segment's lines, before it is called no segment."""


class SegmentUnusable(ValueError):
    """The object is no segment that can be believed; says why, in words for people."""


@dataclass(frozen=True)
class Segment:
    """The entries ``first`` to ``last``."""

    first: int
    lines: Sequence[bytes]
    previous: str
    """The chained checksum of all lines before this segment."""
    chain: str
    """The same with the lines of this segment."""

    @property
    def last(self) -> int:
        """The number of the last entry."""
        return self.first + len(self.lines) - 1

    @property
    def name(self) -> str:
        """The object's name within the folder of segments; names sort like what they hold."""
        return f"{self.first:08d}-{self.last:08d}.jsonl.gz"

    def encode(self) -> bytes:
        """Compressed lines, of which the first describes the others. Equal for equal segments."""
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
        """The segment in ``data``.

        Raises:
            SegmentUnusable: it is torn, altered, foreign or of another version.
        """
        head, *lines = _decompress(data).split(b"\n")
        try:
            header = from_json(head)
            schema, last = header["schema"], header["last"]
            segment = cls(int(header["first"]), lines, header["previous"], header["chain"])
            sound = chained(segment.previous, lines) == segment.chain
        except ValueError as error:
            raise SegmentUnusable("is torn") from error
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise SegmentUnusable("is not a segment of a journal") from error
        if schema != _SCHEMA:
            raise SegmentUnusable(f"is of version '{schema}'")
        if not sound or segment.last != last:
            raise SegmentUnusable("does not match its checksum")
        return segment


def _decompress(data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SegmentUnusable("is torn") from error
    if len(content) > _MAX_BYTES:
        raise SegmentUnusable(f"unpacks to more than {_MAX_BYTES:,} bytes")
    return content


def chained(previous: str, lines: Iterable[bytes]) -> str:
    """The chained checksum ``previous`` taken on over ``lines``."""
    for line in lines:
        previous = hashlib.sha256(previous.encode() + line).hexdigest()
    return previous


class SegmentCutter:
    """Cuts a journal's lines, as they come, into segments."""

    def __init__(self) -> None:
        self._first = 1
        self._previous = self._chain = ""
        self._lines: list[bytes] = []

    @property
    def chain(self) -> str:
        """The chained checksum of all lines so far."""
        return self._chain

    def add(self, line: bytes) -> Segment | None:
        """Takes the next line; the segment that it completes."""
        self._lines.append(line)
        self._chain = chained(self._chain, [line])
        return self.cut() if len(self._lines) >= SEGMENT_ENTRIES else None

    def cut(self) -> Segment | None:
        """The segment of the lines since the last cut, if there are any."""
        if not self._lines:
            return None
        segment = Segment(self._first, tuple(self._lines), self._previous, self._chain)
        self.follow(segment)
        return segment

    def follow(self, segment: Segment) -> None:
        """Goes on after a segment that begins after the last cut."""
        self._first, self._lines = segment.last + 1, []
        self._previous = self._chain = segment.chain
