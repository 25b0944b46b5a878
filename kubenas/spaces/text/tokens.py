"""The tokens that a network reads, and hashed n-grams of them.

Only operations of Keras on whole numbers: a saved model needs no code of its own, and every device
gives the same n-grams.
"""

from typing import Any

import keras

from kubenas.spaces.text.network import Network

PADDING, UNKNOWN = 0, 1
_MULTIPLIERS = (2654435761, 2246822519, 3266489917)
"""Odd numbers without a pattern, one for each word of an n-gram."""
_HASHES = 2**32


def read_tokens(tokens: keras.KerasTensor, network: Network) -> keras.KerasTensor:
    """Returns the tokens (batch, network.length) that ``network`` reads.

    Rare words become unknown, and in training also a random share of the words (word dropout, Iyyer
    et al., Deep Unordered Composition Rivals Syntactic Methods, ACL 2015). What follows padding
    becomes padding. An empty text is read as one unknown word, so that an average exists and cuDNN
    takes the mask.
    """
    ops = keras.ops
    tokens = tokens[:, : network.length]
    tokens = ops.where(tokens < network.vocabulary, tokens, UNKNOWN)
    tokens = ops.concatenate([ops.maximum(tokens[:, :1], UNKNOWN), tokens[:, 1:]], axis=1)
    words = ops.cumprod(ops.cast(tokens > PADDING, "float32"), axis=1)
    tokens = ops.where(words > 0, tokens, PADDING)
    return _drop_words(tokens, words, network.word_dropout)


def _drop_words(
    tokens: keras.KerasTensor, words: keras.KerasTensor, rate: float
) -> keras.KerasTensor:
    """Makes a share of the tokens unknown in training. ``words`` is 1 at words, 0 at padding."""
    if not rate:
        return tokens
    kept = keras.layers.Dropout(rate, name="word_dropout", dtype="float32")(words)
    unknown = keras.ops.minimum(tokens, UNKNOWN)
    return unknown + keras.ops.cast(kept > 0, "int32") * (tokens - unknown)


def append_ngrams(
    tokens: keras.KerasTensor, *, ngrams: int, buckets: int, vocabulary: int
) -> keras.KerasTensor:
    """Returns the tokens and after them their n-grams (batch, positions).

    An n-gram has one of the ids from ``vocabulary`` to ``vocabulary + buckets - 1``, or that of
    padding where the text has ended.

    Args:
        tokens: tokens (batch, length), with padding at the end.
        ngrams: words of the longest n-grams.
        buckets: number of ids of n-grams, a power of two.
        vocabulary: number of ids of tokens.
    """
    found = [tokens]
    for size in range(2, ngrams + 1):
        last = tokens[:, size - 1 :]
        ids = keras.ops.cast(_buckets(tokens, size, buckets), "int32") + vocabulary
        found.append(keras.ops.where(last > PADDING, ids, PADDING))
    return keras.ops.concatenate(found, axis=1) if len(found) > 1 else tokens


def _buckets(tokens: keras.KerasTensor, size: int, buckets: int) -> Any:
    """Returns the buckets of all n-grams of ``size`` words by multiply-shift hashing.

    The high bits of a weighted sum (Dietzfelbinger et al., A Reliable Randomized Algorithm for the
    Closest-Pair Problem, Journal of Algorithms 1997). 64 bits hold it for every vocabulary.
    """
    wide = keras.ops.cast(tokens, "int64")
    count = tokens.shape[1] - size + 1
    places = zip(range(size), _MULTIPLIERS, strict=False)
    hashed = sum(wide[:, place : place + count] * factor for place, factor in places)
    return keras.ops.floor_divide(hashed % _HASHES, _HASHES // buckets)
