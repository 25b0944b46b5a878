"""Counts words as ``keras.layers.TextVectorization`` does by default, in bounded memory.

The layer itself keeps every word of a data set, about 200 bytes each.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable
from heapq import nlargest
from operator import itemgetter

from kubenas.data.dataset.schema import WordSplit

MAX_WORD_LENGTH = 100
"""Longer words, in characters, are not counted."""
_STRIPPED = "\0"
"""Not counted at the end of a word: the layer would remove it from the words of a vocabulary."""
_MAX_COUNTED = 1_000_000
"""Most words that are counted at a time. Beyond it, the more frequent half of them is kept."""

_PUNCTUATION = string.punctuation.encode()
_WORD = re.compile(r"[^ \t-\r]+")


def words_of(text: bytes, split: WordSplit) -> list[str]:
    """Returns the words of a text in UTF-8, or its characters.

    ASCII letters are in lower case, ASCII punctuation is removed, ASCII white space separates.
    """
    plain = text.lower().translate(None, _PUNCTUATION).decode()
    return list(plain) if split == "character" else _WORD.findall(plain)


class WordCounter:
    """The numbers of times that words occur. Exact for up to a million different words."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, words: Iterable[str]) -> None:
        """Counts the words of a text."""
        self._counts.update(filter(_is_counted, words))
        if len(self._counts) > _MAX_COUNTED:
            ranked = sorted(self._counts.items(), key=itemgetter(1), reverse=True)
            self._counts = Counter(dict(ranked[: _MAX_COUNTED // 2]))

    def most_frequent(self, number: int) -> tuple[str, ...]:
        """Returns the most frequent words; equally frequent ones from Z to A, as the layer does."""
        ranked = nlargest(number, self._counts.items(), key=itemgetter(1, 0))
        return tuple(word for word, _ in ranked)


def _is_counted(word: str) -> bool:
    return len(word) <= MAX_WORD_LENGTH and not word.endswith(_STRIPPED)
