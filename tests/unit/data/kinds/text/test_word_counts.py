"""The words of texts and their counts, which equal those of Keras."""

import random

import keras
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.data.dataset.schema import WordSplit
from kubenas.data.kinds.text import word_counts
from kubenas.data.kinds.text.word_counts import WordCounter, words_of

SPLITS: tuple[WordSplit, ...] = ("whitespace", "character")
MIXED = [
    "The FILM, (good)! it's e-mail_1 $5 [UNK] [MASK] a\\b`c~d^e|f{g}",
    "\u00c4PFEL und \u00dcber \u0130stanbul \u00df \u1e9e \u00e9 e\u0301",
    "tab\tline\nfeed\rreturn\x0bvertical\x0cform\x1cfile\x1funit\x85next",
    "no\u00a0break wide\u3000space thin\u2009space zero\u200bwidth \ufeffmark\u2028line",
    "\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u3002 \u0e2d\u0e23\u0e48\u0e2d\u0e22",
    "\U0001f9d1\u200d\U0001f680 \U0001f600 \U0010ffff \uffff \ufffd \x7f",
    "",
    "  ",
    "?!...",
    "z y x z y z",
]


LETTERS = st.characters(codec="utf-8", exclude_characters="\0")


def adapted(texts: list[bytes], split: WordSplit) -> tuple[list[str], list[int]]:
    """Returns the vocabulary that Keras learns, and the number of words of each text."""
    layer = keras.layers.TextVectorization(split=split, ragged=True)
    layer.adapt(tf.constant(texts))
    words = [str(word) for word in layer.get_vocabulary(include_special_tokens=False)]
    return words, layer(tf.constant(texts)).row_lengths().numpy().tolist()


def counted(texts: list[bytes], split: WordSplit) -> tuple[list[str], list[int]]:
    counter = WordCounter()
    words = [words_of(text, split) for text in texts]
    for each in words:
        counter.add(each)
    return [*counter.most_frequent(10_000)], [len(each) for each in words]


@pytest.mark.parametrize("split", SPLITS)
def test_words_counts_and_order_are_those_of_keras(split: WordSplit) -> None:
    texts = [text.encode() for text in MIXED * 2]
    assert counted(texts, split) == adapted(texts, split)


@pytest.mark.parametrize("split", SPLITS)
@given(texts=st.lists(st.text(LETTERS, max_size=30), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_words_of_any_texts_are_those_of_keras(split: WordSplit, texts: list[str]) -> None:
    encoded = [*(text.encode() for text in texts), b"word"]
    assert counted(encoded, split) == adapted(encoded, split)


def test_rare_words_are_dropped_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_counts, "_MAX_COUNTED", 1_000)
    counter, sizes = WordCounter(), []
    order = random.Random(0)
    for number in range(2_000):
        counter.add([f"rare{number}-{part}" for part in range(10)])
        counter.add(order.sample(["a", "b", "c"], 2))
        sizes.append(len(counter))
    assert max(sizes) <= 1_000
    assert set(counter.most_frequent(3)) == {"a", "b", "c"}


def test_words_seen_once_are_kept_if_there_are_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_counts, "_MAX_COUNTED", 10)
    counter = WordCounter()
    counter.add(f"word{number}" for number in range(11))
    assert len(counter.most_frequent(100)) == 5


@pytest.mark.parametrize("split", SPLITS)
def test_words_that_end_with_nul_are_no_words_of_a_vocabulary(split: WordSplit) -> None:
    vocabulary, _ = counted([b"a\0 \0 b\0a a"], split)
    layer = keras.layers.TextVectorization(split=split, vocabulary=vocabulary)
    assert set(layer.get_vocabulary(include_special_tokens=False)) == set(vocabulary)
    assert "a" in vocabulary
