"""Drift between data sets of texts, and between texts and images."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kubenas.config import DataConfig
from kubenas.data.dataset.card import read_card
from kubenas.data.dataset.example_index import read_example_index
from kubenas.data.dataset.schema import read_schema
from kubenas.data.drift.drift import DatasetSnapshot, Drift, Overlap, measure_drift
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.reporting.cards.drift import drift_sentences
from kubenas.storage import Storage, open_storage

Week = Callable[..., DatasetSnapshot]
WORDS = [f"word{number}" for number in range(2_000)]
WORDS_OF_A_TEXT = 40


def zipf(words: int) -> npt.NDArray[np.float64]:
    """Returns the probabilities of words as in natural language, the most frequent first."""
    frequencies = 1 / np.arange(1, words + 1)
    shares: npt.NDArray[np.float64] = frequencies / frequencies.sum()
    return shares


def texts(numbers: Iterable[int], words: list[str] = WORDS) -> list[str]:
    shares = zipf(len(words))
    return [
        " ".join(np.random.default_rng(number).choice(words, WORDS_OF_A_TEXT, p=shares))
        for number in numbers
    ]


def look(source: Path, output: Storage) -> DatasetSnapshot:
    folder = open_storage(prepare_dataset(DataConfig(source=str(source)), output).uri)
    return DatasetSnapshot(read_card(folder), read_schema(folder), read_example_index(folder))


@pytest.fixture
def week(tmp_path: Path, output: Storage) -> Week:
    """Prepares texts of two classes and returns the snapshot of the data set."""

    def write(some: list[str], labels: list[int] | None = None) -> DatasetSnapshot:
        path = tmp_path / "texts.jsonl"
        names = labels or [number % 2 for number in range(len(some))]
        rows = [{"text": text, "label": name} for text, name in zip(some, names, strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return look(path, output)

    return write


def test_more_texts_of_the_same_words_have_no_findings(week: Week) -> None:
    found = measure_drift(week(texts(range(300))), week(texts(range(500))))
    assert found.overlap == Overlap(kept=300, gone=0, new=200, relabelled=0)
    assert (found.new_words, found.channels, found.findings) == (0.0, (), ())
    assert next(drift_sentences(found)).endswith("200 new, 0 removed, 300 unchanged")
    assert Drift.from_json(found.to_json()) == found


def test_new_frequent_words_are_a_finding(week: Week) -> None:
    other = [f"new{at}" if at % 5 < 2 else word for at, word in enumerate(WORDS)]
    found = measure_drift(week(texts(range(300))), week(texts(range(300, 600), other)))
    assert found.new_words == pytest.approx(0.4, abs=0.1)
    assert found.findings == (f"{found.new_words:.0%} of the most frequent words are new",)


def test_a_few_new_words_are_none(week: Week) -> None:
    other = [f"new{at}" if at % 25 == 7 else word for at, word in enumerate(WORDS)]
    found = measure_drift(week(texts(range(300))), week(texts(range(300, 600), other)))
    assert found.new_words == pytest.approx(0.05, abs=0.02)
    assert found.findings == ()


def test_a_longer_text_is_no_other_input(week: Week) -> None:
    longer = [f"{text} {text}" for text in texts(range(300))]
    found = measure_drift(week(texts(range(300))), week(longer))
    assert found.findings == ()


def test_findings_name_texts(week: Week) -> None:
    some = texts(range(300))
    labels = [number % 2 for number in range(300)]
    changed = [1 - label if number < 30 else label for number, label in enumerate(labels)]
    found = measure_drift(week(some, labels), week(some, changed))
    assert found.findings == ("30 of 300 kept texts have another label than before",)


def test_texts_instead_of_images_are_a_finding(
    week: Week, save_npz: Callable[..., Path], output: Storage
) -> None:
    images = np.random.default_rng(0).integers(0, 200, (300, 4, 4), np.uint8)
    pictures = look(save_npz(x=images, y=np.arange(300) % 2), output)
    words = week(texts(range(300)))
    found = measure_drift(pictures, words)
    assert found.findings == ("texts, before images",)
    assert (found.new_words, found.channels) == (None, ())
    assert found.overlap == Overlap(kept=0, gone=300, new=300, relabelled=0)
    assert measure_drift(words, pictures).findings == ("images, before texts",)
