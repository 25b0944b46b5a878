"""Texts from a table to a model in another process, through the real command line: with the default
space, once more, and with a HyperModel of the user's own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.data.dataset.schema import DataSchema, read_schema
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Started
from kubenas.search.layout import search_folder
from kubenas.storage import open_storage

pytestmark = pytest.mark.timeout(900)  # the whole pipeline, also on a busy machine

KUBENAS = Path(sys.executable).with_name("kubenas")
TRIALS = 2
CONFIG: dict[str, Any] = {
    "name": "texts",
    "output": "out",
    "data": {"source": "texts.jsonl"},
    "search": {"max_trials": TRIALS, "seed": 3},
    "training": {"epochs": 2, "patience": 0},
    "retrain": {"candidates": 1, "seeds": 1},
}
CLASS_WORDS = {
    "sport": "match goal team league coach player",
    "cooking": "oven butter salt recipe flour Knödel",
    "weather": "rain storm cloud wind frost 雪",
}
FILLERS = [f"filler{number}" for number in range(80)]
HYPERMODEL = """
import keras, keras_tuner
class Mine(keras_tuner.HyperModel):
    def __init__(self, input_shape, num_classes, vocabulary_size):
        super().__init__()
        (self.length,), self.words, self.num_classes = input_shape, vocabulary_size, num_classes
    def build(self, hp):
        words = keras.Input((self.length,), dtype="int32", name="words")
        values = keras.layers.Embedding(self.words, hp.Choice("width", [16, 32]))(words)
        values = keras.layers.GlobalAveragePooling1D()(values)
        output = keras.layers.Dense(self.num_classes, "softmax", name="probabilities")(values)
        model = keras.Model(words, output)
        optimizer = keras.optimizers.Adam(0.05)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
"""
CLIENT = """
import json, sys
sys.modules["kubenas"] = None  # an import of it would fail
import tensorflow as tf
served = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
texts = json.load(open(sys.argv[2]))["instances"]
print(json.dumps(served(text=tf.constant(texts))["probabilities"].numpy().tolist()))
"""
Done = subprocess.CompletedProcess[str]


def kubenas(*arguments: str | Path) -> Done:
    return subprocess.run(
        [KUBENAS, *arguments], capture_output=True, text=True, timeout=800, check=False
    )


def write_texts(path: Path, count: int = 360) -> None:
    random = np.random.default_rng(7)
    classes = list(CLASS_WORDS)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            label = classes[number % len(classes)]
            words = [*random.choice(CLASS_WORDS[label].split(), 3), *random.choice(FILLERS, 9)]
            random.shuffle(words)
            file.write(json.dumps({"text": " ".join(words) + "!", "label": label}) + "\n")


def answers_of(model: Path, request: Path) -> np.ndarray:
    """Returns the probabilities that a process without kubenas gets."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", CLIENT, model / "1", request],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout.splitlines()[-1]))


@dataclass(frozen=True)
class Story:
    """A finished run."""

    file: Path
    done: Done

    @property
    def output(self) -> Path:
        return self.file.parent / "out"

    @property
    def summary(self) -> dict[str, Any]:
        assert self.done.returncode == 0, self.done.stderr
        summary: dict[str, Any] = json.loads(self.done.stdout)
        return summary

    @property
    def model(self) -> Path:
        return Path(self.summary["model"])

    def schema(self) -> DataSchema:
        (path,) = self.output.glob("data/*/schema.json")
        return read_schema(open_storage(str(path.parent)))

    def started(self) -> list[Started]:
        folder = search_folder(self.summary["search"])
        records = Journal(open_storage(str(self.output)), folder).read()
        return [record for record in records if isinstance(record, Started)]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("texts")
    write_texts(folder / "texts.jsonl")
    (folder / "search.yaml").write_text(json.dumps(CONFIG))
    return Story(folder / "search.yaml", kubenas("run", folder / "search.yaml", "--json"))


def test_three_lines_of_config_end_with_a_model(story: Story) -> None:
    assert story.summary["trials"] == {**story.summary["trials"], "completed": TRIALS}
    assert (story.model / "1/saved_model.pb").is_file()
    assert story.schema().kind == "text"
    assert {"雪", "knödel"} <= set(story.schema().text_form.vocabulary)


def test_a_process_without_kubenas_gets_the_sample_answer(story: Story) -> None:
    request = story.model.parent / "sample_request.json"
    answer = json.loads((story.model.parent / "sample_answer.json").read_text())
    sentences = json.loads(request.read_text())["instances"]
    assert len(sentences) == 8
    assert all(sentence.endswith("!") for sentence in sentences)
    probabilities = answers_of(story.model, request)
    np.testing.assert_allclose(probabilities, answer["predictions"], atol=answer["tolerance"])
    names = json.loads((story.model.parent / "labels.json").read_text())
    assert [names[best] for best in probabilities.argmax(axis=1)] == answer["labels"]


def test_any_string_has_finite_probabilities(story: Story, tmp_path: Path) -> None:
    strings = ["", " ", "?!", "\U0001f600 \U0001f9d1\u200d\U0001f680", "match " * 50_000, "\x00"]
    (tmp_path / "request.json").write_text(json.dumps({"instances": strings}))
    probabilities = answers_of(story.model, tmp_path / "request.json")
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)


def test_the_report_compares_with_a_linear_model_on_words(story: Story) -> None:
    page = Path(story.summary["report"]).read_text()
    assert "words, weighted by TF-IDF" in page
    assert "Search space text: the default for texts." in page


def test_running_once_more_repeats_nothing(story: Story) -> None:
    before = story.started()
    again = Story(story.file, kubenas("run", story.file, "--json"))
    assert {**again.summary, "seconds": 0} == {**story.summary, "seconds": 0}
    assert again.started() == before
    assert len(list(story.output.glob("data/*/schema.json"))) == 1


def test_a_hypermodel_of_the_users_own_takes_the_numbers_of_words(
    story: Story, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(HYPERMODEL)
    (tmp_path / "search.yaml").write_text(
        json.dumps(
            {
                **CONFIG,
                "data": {"source": str(story.file.parent / "texts.jsonl")},
                "space": {"hypermodel": "mine.py:Mine"},
                "search": {"max_trials": 1, "seed": 1},
            }
        )
    )
    mine = Story(tmp_path / "search.yaml", kubenas("run", tmp_path / "search.yaml", "--json"))
    assert mine.summary["test"]["accuracy"] > 0.5
    request = mine.model.parent / "sample_request.json"
    answer = json.loads((mine.model.parent / "sample_answer.json").read_text())
    np.testing.assert_allclose(
        answers_of(mine.model, request), answer["predictions"], atol=answer["tolerance"]
    )
