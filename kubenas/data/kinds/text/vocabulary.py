"""The vocabulary of texts: their most frequent words, or characters in scripts without spaces."""

from array import array
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import TextForm, WordSplit
from kubenas.data.kinds.text.scripts import count_letters
from kubenas.data.kinds.text.word_counts import WordCounter, words_of
from kubenas.errors import UserError

MAX_WORDS = 20_000
MAX_LENGTH = 512
"""Largest number of words of a text that a model reads."""
_LENGTH_STEP = 8
_READ_COMPLETELY = 0.98
"""Share of the training texts that a model reads completely, unless they are very long."""
_LONGEST_MEAN = 16
"""Largest mean length of words in characters. Above it, the script has no spaces."""
_UNSPACED = 0.3
"""Share of the letters of scripts without spaces, above which texts are split into characters."""
_SAMPLE = 1_000
_BEGINNING = 4_000
"""Bytes of each text of the sample that are looked at."""


class FittedTexts(NamedTuple):
    """The vocabulary and the length of texts."""

    form: TextForm
    length: int
    """Number of words that a model reads."""
    read_completely: float
    """Share of the training texts that are no longer."""


def fit_texts(texts: Iterable[bytes]) -> FittedTexts:
    """Learns the vocabulary and the length from the training texts, which it reads twice.

    Raises:
        UserError: The texts have no words.
    """
    split = split_of(islice(texts, _SAMPLE))
    counter, counts = WordCounter(), array("I")
    for text in texts:
        words = words_of(text, split)
        counter.add(words)
        counts.append(len(words))
    vocabulary = counter.most_frequent(MAX_WORDS - 2)  # without padding and the unknown word
    if not vocabulary:
        raise UserError(
            "data.source: the training texts have no words, only punctuation or spaces; give texts"
            " with words"
        )
    lengths = np.asarray(counts)
    length = _length_of(lengths)
    complete = float((lengths <= length).mean())
    return FittedTexts(TextForm(split=split, vocabulary=vocabulary), length, complete)


def split_of(texts: Iterable[bytes]) -> WordSplit:
    """Returns what texts are split into words at: "whitespace", or "character" without spaces.

    The script decides, and the mean length of the words for scripts that are not known.
    """
    beginnings = [text[:_BEGINNING].decode(errors="ignore") for text in texts]
    unspaced, letters = np.sum([(0, 0), *map(count_letters, beginnings)], axis=0)
    lengths = [len(word) for text in beginnings for word in text.split()]
    long = bool(lengths) and np.mean(lengths) > _LONGEST_MEAN
    return "character" if long or unspaced > _UNSPACED * letters else "whitespace"


def _length_of(lengths: npt.NDArray[np.uint32]) -> int:
    needed = max(1, int(np.quantile(lengths, _READ_COMPLETELY, method="inverted_cdf")))
    return min(MAX_LENGTH, -(-needed // _LENGTH_STEP) * _LENGTH_STEP)
