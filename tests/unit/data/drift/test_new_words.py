"""The share of new frequent words, for samples of words as frequent as in natural language."""

from itertools import pairwise

import numpy as np
import pytest

from kubenas.data.dataset.schema import DataSchema, TextForm
from kubenas.data.drift.drift import _new_words

LANGUAGE = 50_000
WORDS_OF_A_TEXT = 15
MAX_VOCABULARY = 20_000
THRESHOLD = 0.1
FUNCTION_WORDS = 20
"""Most frequent words, which texts of all subjects have."""


def vocabulary(texts: int, seed: int, names: list[str]) -> tuple[str, ...]:
    """Returns the words of a sample of texts, the most frequent first. Zipf's law holds."""
    shares = 1 / np.arange(1, LANGUAGE + 1)
    numbers = np.random.default_rng(seed)
    counts = numbers.multinomial(texts * WORDS_OF_A_TEXT, shares / shares.sum())
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return tuple(names[at] for at in order[:MAX_VOCABULARY])


def schema(words: tuple[str, ...]) -> DataSchema:
    return DataSchema(
        kind="text",
        task="text-classification",
        digest="d",
        shape=(16,),
        dtype="string",
        classes=("a",),
        splits={},
        text=TextForm(split="whitespace", vocabulary=words),
    )


def new_words(before: tuple[str, ...], now: tuple[str, ...]) -> float | None:
    return _new_words(schema(before), schema(now))


WORDS = [f"word{number}" for number in range(LANGUAGE)]
OTHER = [f"new{at}" if at >= FUNCTION_WORDS and at % 2 else word for at, word in enumerate(WORDS)]


@pytest.mark.parametrize("texts", [300, 1_000, 3_000, 10_000])
def test_samples_of_one_distribution_have_few_new_words(texts: int) -> None:
    samples = [vocabulary(texts, seed, WORDS) for seed in range(6)]
    for before, now in pairwise(samples):
        share = new_words(before, now)
        assert share is not None
        assert share < THRESHOLD / 2


@pytest.mark.parametrize(("before", "now"), [(300, 10_000), (10_000, 300)])
def test_samples_of_other_sizes_have_few_new_words(before: int, now: int) -> None:
    for seed in range(4):
        share = new_words(vocabulary(before, seed, WORDS), vocabulary(now, seed + 10, WORDS))
        assert share is not None
        assert share < THRESHOLD / 2


@pytest.mark.parametrize("before", [300, 10_000])
@pytest.mark.parametrize("now", [300, 10_000])
def test_texts_of_another_subject_are_a_finding(before: int, now: int) -> None:
    for seed in range(4):
        share = new_words(vocabulary(before, seed, WORDS), vocabulary(now, seed + 10, OTHER))
        assert share is not None
        assert share > 2 * THRESHOLD


def test_too_few_words_have_no_share() -> None:
    words = tuple(WORDS)
    assert new_words(words[:999], words) is None
    assert new_words(words, words[:999]) is None
    assert new_words(words[:1_000], words[1_000:2_000]) == 1.0


def test_at_most_a_thousand_words_count() -> None:
    words = tuple(WORDS)
    assert new_words(words[1_000:], words[:40_000]) == 1.0
    assert new_words(words[500:], words[:40_000]) == 0.5
