"""Tasks with texts: a subclassed model of a user takes the numbers of words as they are."""

import json
from pathlib import Path

import pytest

from kubenas.config import DataConfig
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.storage import open_storage
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import Limits, Task
from tests.unit.training.conftest import spec_in

INDEXED = """
import keras, keras_tuner
import tensorflow as tf

class Indexed(keras.Model):
    def __init__(self, words, num_classes, **options):
        super().__init__(**options)
        self.words, self.num_classes = words, num_classes
        self.output_layer = keras.layers.Dense(num_classes, "softmax")

    def build(self, shape):
        self.table = self.add_weight(shape=(self.words, 4), name="table")
        self.output_layer.build((None, 4))

    def call(self, tokens):
        return self.output_layer(tf.reduce_mean(tf.gather(self.table, tokens), axis=1))

    def get_config(self):
        return {**super().get_config(), "words": self.words, "num_classes": self.num_classes}

class Mine(keras_tuner.HyperModel):
    def __init__(self, num_classes, vocabulary_size):
        super().__init__()
        self.words, self.num_classes = vocabulary_size, num_classes
    def build(self, hp):
        model = Indexed(self.words, self.num_classes)
        optimizer = keras.optimizers.Adam(hp.Choice("rate", [0.01, 0.1]))
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
"""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of a prepared data set of texts."""
    folder = tmp_path_factory.mktemp("texts")
    rows = [{"text": f"text {n} of {n % 3} words {n * n}", "label": f"c{n % 3}"} for n in range(90)]
    source = folder / "texts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    output = open_storage(str(folder / "output"))
    return prepare_dataset(DataConfig(source=str(source)), output).uri


def test_a_subclassed_model_that_indexes_by_words_is_described(texts: str, tmp_path: Path) -> None:
    """The smoke test also trains, exports and evaluates it."""
    result = run_task(spec_in(tmp_path, texts, Task.DESCRIBE, source=INDEXED), Termination())
    assert result.outcome == "completed", result.message


def test_a_subclassed_model_that_indexes_by_words_is_trained(texts: str, tmp_path: Path) -> None:
    limits = {"limits": Limits(latency_ms=10_000)}
    result = run_task(spec_in(tmp_path, texts, source=INDEXED, plan=limits), Termination())
    assert result.outcome == "completed", result.message
    assert result.latency_ms is not None
