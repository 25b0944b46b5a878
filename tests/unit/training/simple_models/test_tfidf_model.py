"""Tests of the linear model on the words: accuracy, bounded numbers of words."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from kubenas.config import DataConfig
from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.storage import open_storage
from kubenas.training.simple_models import tfidf_model
from kubenas.training.simple_models.tfidf_model import evaluate_linear_model

Prepare = Callable[[Sequence[str]], LocalShards]
WORDS = [f"word{number}" for number in range(500)]
OF_CLASS = ("good", "bad")
LONGEST = 512
"""Most words of a text that a network reads."""


def sentence(seed: int, words: int) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, words))


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Returns a function that prepares texts of two classes, alternating."""

    def write_and_prepare(texts: Sequence[str]) -> LocalShards:
        path = tmp_path / "texts.jsonl"
        rows = [{"text": text, "label": at % 2} for at, text in enumerate(texts)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        config = DataConfig(source=str(path))
        return LocalShards(Path(prepare_dataset(config, open_storage(str(tmp_path / "out"))).uri))

    return write_and_prepare


def test_words_tell_the_classes(prepare: Prepare) -> None:
    shards = prepare([f"{sentence(at, 20)} {OF_CLASS[at % 2]}" for at in range(300)])
    first, second = evaluate_linear_model(shards), evaluate_linear_model(shards)
    assert first is not None
    assert second is not None
    assert first.accuracy == second.accuracy > 0.85
    assert first.examples == shards.schema.splits["test"].examples
    assert first.trained_on == shards.schema.splits["train"].examples


def test_words_that_no_network_reads_do_not_count(prepare: Prepare) -> None:
    shards = prepare([sentence(at, 2 * LONGEST) for at in range(60)])
    assert shards.schema.shape == (LONGEST,)
    texts, _ = tfidf_model._first(shards, "train", 10)
    assert {len(text.split()) for text in texts} == {LONGEST}


def test_characters_that_no_network_reads_do_not_count(prepare: Prepare) -> None:
    letters = np.random.default_rng(0).integers(0x4E00, 0x4F00, (100, 2 * LONGEST))
    shards = prepare(["".join(map(chr, row)) for row in letters])
    assert shards.schema.text_form.split == "character"
    texts, _ = tfidf_model._first(shards, "train", 10)
    assert {len(text) for text in texts} == {LONGEST}


def test_a_sample_has_a_maximum_of_bytes(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = prepare([f"{sentence(at, 20)} \u00fcber {OF_CLASS[at % 2]}" for at in range(300)])
    every, _ = tfidf_model._first(shards, "train", 1_000)
    monkeypatch.setattr(tfidf_model, "_TEXT_BYTES", 10_000)
    texts, labels = tfidf_model._first(shards, "train", 1_000)
    assert texts == every[: len(texts)]
    sizes = np.cumsum([len(text.encode()) for text in every])
    assert len(texts) == len(labels) == np.searchsorted(sizes, 10_000, side="right") < len(every)
    model = evaluate_linear_model(shards)
    assert model is not None
    assert model.trained_on == len(texts)


def test_a_sample_has_a_maximum_of_examples(prepare: Prepare) -> None:
    shards = prepare([f"{sentence(at, 20)} {OF_CLASS[at % 2]}" for at in range(300)])
    texts, labels = tfidf_model._first(shards, "train", 100)
    assert len(texts) == len(labels) == 100
