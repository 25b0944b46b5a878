"""Hashed n-grams: the same on every device, evenly spread, and none beyond the text."""

import keras
import numpy as np
import pytest

from kubenas.spaces.text.tokens import append_ngrams

VOCABULARY, BUCKETS = 3000, 4096


def ngrams(tokens: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(
        append_ngrams(
            keras.ops.convert_to_tensor(tokens),
            ngrams=size,
            buckets=BUCKETS,
            vocabulary=VOCABULARY,
        )
    )


def test_tokens_come_first_and_then_the_ngrams_of_words() -> None:
    tokens = np.array([[5, 6, 7, 0], [9, 0, 0, 0]], np.int32)
    ids = ngrams(tokens, 3)
    assert ids.shape == (2, 4 + 3 + 2)
    np.testing.assert_array_equal(ids[:, :4], tokens)
    np.testing.assert_array_equal(ids[:, 4:] > 0, [[1, 1, 0, 1, 0], [0, 0, 0, 0, 0]])


def test_a_hash_is_a_known_number() -> None:
    tokens = np.array([[5, 6]], np.int32)
    hashed = (5 * 2654435761 + 6 * 2246822519) % 2**32
    assert ngrams(tokens, 2)[0, -1] == VOCABULARY + hashed // (2**32 // BUCKETS)


def test_the_order_of_words_counts_and_the_place_does_not() -> None:
    ids = ngrams(np.array([[5, 6, 5, 6, 2]], np.int32), 2)[0, 5:]
    assert ids[0] == ids[2]
    assert ids[0] != ids[1]


@pytest.mark.parametrize("size", [2, 3])
def test_frequent_words_fill_the_buckets_evenly(size: int) -> None:
    words = np.random.default_rng(0).zipf(1.3, (2000, 40)).clip(2, VOCABULARY - 1)
    found = np.unique(
        np.lib.stride_tricks.sliding_window_view(words, size, axis=1).reshape(-1, size), axis=0
    )
    buckets = ngrams(found.astype(np.int32), size)[:, -1] - VOCABULARY
    assert 0 <= buckets.min() <= buckets.max() < BUCKETS
    counts = np.bincount(buckets, minlength=BUCKETS)
    # Independent hashes would give a variance equal to the mean.
    assert counts.var() < 1.5 * counts.mean()


def test_large_numbers_do_not_overflow() -> None:
    largest = np.full((1, 3), 2**29, np.int32)
    ids = ngrams(largest, 3)[0, 3:]
    assert (ids >= VOCABULARY).all()
    assert (ids < VOCABULARY + BUCKETS).all()
