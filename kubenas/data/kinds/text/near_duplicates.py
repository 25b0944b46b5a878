"""Detection of near duplicates: texts that share most of their runs of three words.

Two texts are near duplicates if the Jaccard similarity of their shingles, the sets of runs of three
words, is at least 0.8. Case and punctuation do not count. Each letter of a script without spaces
is a word. Candidate pairs come from MinHash signatures with locality-sensitive hashing (Broder, On
the Resemblance and Containment of Documents, 1997): a pair with a similarity of 0.8 is found with a
probability of 98 %, and equal words always.
"""

import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kubenas.data.kinds.kind import ReadStored
from kubenas.data.kinds.near_duplicates import NearDuplicates, Positions, connect
from kubenas.data.kinds.text.scripts import WORD

HASHES = 32
"""Number of hashes in a signature, uint32 each."""

_BAND = 4
"""Hashes that are equal in a candidate pair, in at least one of the eight bands."""
_WORDS = 3
_SIMILARITY = 0.8
_PRIME = np.uint64((1 << 31) - 1)

Signature = npt.NDArray[np.uint32]
Shingles = frozenset[int]

_RANDOM = np.random.default_rng(0)
_FACTORS, _OFFSETS = (_RANDOM.integers(1, int(_PRIME), HASHES, np.uint64) for _ in range(2))


def shingles(text: str) -> Shingles:
    """Returns the hashes of all runs of three words; of all words together if there are fewer."""
    words = WORD.findall(text.lower()) or [text]
    runs = range(max(1, len(words) - _WORDS + 1))
    return frozenset(zlib.crc32(" ".join(words[at : at + _WORDS]).encode()) for at in runs)


def signature(text: str) -> Signature:
    """Returns the MinHash signature of a text, shape (HASHES,)."""
    values = np.fromiter(shingles(text), np.uint64) % _PRIME
    hashes = (values[:, np.newaxis] * _FACTORS + _OFFSETS) % _PRIME
    smallest: Signature = hashes.min(axis=0).astype(np.uint32)
    return smallest


def find_near_duplicates(signatures: Signature, read: ReadStored) -> NearDuplicates:
    """Groups distinct texts by pairs of near duplicates. The time is nearly linear.

    Args:
        signatures: shape (texts, HASHES).
        read: returns the UTF-8 bytes of the texts at the given positions.
    """
    candidates = np.concatenate([*_candidates(signatures)])
    distinct = np.unique(candidates, axis=0)
    near = [pair for pair in distinct if _similarity(*read(pair)) >= _SIMILARITY]
    pairs = np.asarray(near, np.intp).reshape(-1, 2)
    return NearDuplicates.of(connect(pairs, len(signatures)))


def _candidates(signatures: Signature) -> Iterator[Positions]:
    """Yields pairs (n, 2) of neighbours among the texts that agree in a band."""
    for start in range(0, HASHES, _BAND):
        band = signatures[:, start : start + _BAND]
        order = np.lexsort(band.T)
        same = np.flatnonzero((band[order[1:]] == band[order[:-1]]).all(axis=1))
        yield np.sort(np.stack([order[same], order[same + 1]], axis=1), axis=1)


def _similarity(first: bytes, second: bytes) -> float:
    """Returns the Jaccard similarity of the shingles of two texts."""
    one, other = shingles(first.decode()), shingles(second.decode())
    return len(one & other) / len(one | other)
