"""Texts in the preparation: what is stored, fitted, and shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from kubenas.data.kinds.text.kind import SAMPLES_PER_CLASS, TextKind
from kubenas.data.source import SourceInfo

INFO = SourceInfo((), "string", ("a", "b"), (1, 1))
KIND = TextKind()


@dataclass(frozen=True)
class Stored:
    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.texts)

    def examples(self) -> Iterator[tuple[bytes, int]]:
        return ((text.encode(), 0) for text in self.texts)


def samples(*texts: str, label: int = 0, classes: Sequence[str] = ("a", "b")) -> tuple[str, ...]:
    builder = KIND.overview(INFO)
    for text in texts:
        builder.add(text.encode(), label)
    overview = builder.build(classes)
    assert overview.files == {}
    return overview.samples[classes[label]]


@pytest.mark.parametrize("text", ["", "word", "\u00e9", "\U0001f600", "a\r\nb\x00", " a "])
def test_texts_are_stored_as_they_are(text: str) -> None:
    assert KIND.store(text, INFO).data.decode() == text


def test_texts_that_differ_in_case_or_form_have_different_keys() -> None:
    texts = ["a", "A", "a ", "\u00e9", "e\u0301"]
    assert len({KIND.content_key(text, 1) for text in texts}) == len(texts)


def test_notes_tell_what_a_model_reads() -> None:
    assert KIND.fit(Stored(["good film"] * 9), INFO).notes == (
        "vocabulary: the 2 most frequent words of the training texts",
    )
    notes = KIND.fit(Stored(["a b"] * 99 + ["a " * 900]), INFO).notes
    assert (
        notes[1]
        == "a model reads the first 8 words of a text; 1.0% of the training texts are longer"
    )
    (note,) = KIND.fit(Stored(["\u5929" * 40]), INFO).notes
    assert "1 most frequent characters" in note


def test_a_few_beginnings_of_each_class_are_shown() -> None:
    assert samples("one", "two", "three", "four") == ("one", "two", "three")
    assert SAMPLES_PER_CLASS == 3


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\u96ea", "\U0001f600"])
def test_long_texts_are_cut_between_characters(letter: str) -> None:
    (text,) = samples(letter * 5_000)
    assert text == letter * 160 + "\u2026"


def test_spaces_and_line_ends_of_samples_are_single_spaces() -> None:
    assert samples(" a\r\n\tb  c ") == ("a b c",)


def test_samples_are_safe_to_print() -> None:
    assert samples("a\x00b \x1b[2J\u202ec\u2066") == ("a b [2J c",)
    assert samples("\U0001f9d1\u200d\U0001f680 <b>") == ("\U0001f9d1\u200d\U0001f680 <b>",)


def test_twenty_classes_are_shown() -> None:
    builder = KIND.overview(INFO)
    for label in range(300):
        builder.add(b"text", label)
    overview = builder.build([f"c{label}" for label in range(300)])
    assert list(overview.samples) == [f"c{label}" for label in range(20)]
