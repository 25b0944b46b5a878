"""Immutable mapping with integer keys, which is cheap to copy with one changed value."""

from collections.abc import Iterator, Mapping
from typing import Generic, Self, TypeVar

V = TypeVar("V")

_CHUNK = 128
"""Copying a chunk of this size takes about a microsecond."""


class ChunkedMap(Mapping[int, V], Generic[V]):
    """Values by number, stored in chunks. A changed copy shares all chunks but one.

    Args:
        chunks: maps ``number // 128`` to the values of those numbers. Must not change afterwards.
    """

    def __init__(self, chunks: Mapping[int, Mapping[int, V]]) -> None:
        self._chunks = chunks
        self._length = sum(map(len, chunks.values()))

    @classmethod
    def of(cls, values: Mapping[int, V]) -> Self:
        """Creates a map of ``values``."""
        chunks: dict[int, dict[int, V]] = {}
        for number, value in values.items():
            chunks.setdefault(number // _CHUNK, {})[number] = value
        return cls(chunks)

    def with_value(self, number: int, value: V) -> Self:
        """Returns a copy with ``value`` at ``number``."""
        index = number // _CHUNK
        chunk = {**self._chunks.get(index, {}), number: value}
        return type(self)({**self._chunks, index: chunk})

    def __getitem__(self, number: int) -> V:
        return self._chunks[number // _CHUNK][number]

    def __iter__(self) -> Iterator[int]:
        for chunk in self._chunks.values():
            yield from chunk

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"
