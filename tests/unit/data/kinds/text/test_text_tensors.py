"""Texts as the numbers of their words."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kubenas.data.dataset.schema import DataSchema, TextForm, WordSplit
from kubenas.data.kinds.text.tensors import TextTensors
from kubenas.training.tasks.export import keras_model

VOCABULARY = ("the", "film", "good", "\u00fcber", "\U0001f600", "\u96ea")
LENGTH = 5


def schema(split: WordSplit = "whitespace", vocabulary: tuple[str, ...] = VOCABULARY) -> DataSchema:
    return DataSchema(
        kind="text",
        task="text-classification",
        digest="d",
        shape=(LENGTH,),
        dtype="string",
        classes=("a", "b"),
        splits={},
        text=TextForm(split=split, vocabulary=vocabulary),
    )


def numbers(*texts: str | bytes, of: DataSchema | None = None) -> list[list[int]]:
    """Returns the numbers, which the layers of the export have too."""
    tensors = TextTensors(of or schema())
    view = tensors.preprocessed
    taken = view.finish(view.decode(tf.constant(texts)))
    assert (taken.dtype, taken.shape) == (tf.int32, (len(texts), LENGTH))
    (layer,) = tensors.layers()
    assert np.array_equal(layer(tf.constant(texts)), taken)
    found: list[list[int]] = taken.numpy().tolist()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the film", [2, 3, 0, 0, 0]),
        ("The FILM, (good)!", [2, 3, 4, 0, 0]),
        ("film unknown film", [3, 1, 3, 0, 0]),
        ("good good good good good good the", [4, 4, 4, 4, 4]),
        ("  the\t\n film\r\n", [2, 3, 0, 0, 0]),
        ("\u00fcber \U0001f600 \u96ea", [5, 6, 7, 0, 0]),
        ("\U0001f9d1\u200d\U0001f680 good", [1, 4, 0, 0, 0]),
        ("\u00dcBER FILM\u3002 film", [1, 1, 3, 0, 0]),  # letters and marks beyond ASCII
        ("", [0] * LENGTH),
        ("  ", [0] * LENGTH),
        ("?!", [0] * LENGTH),
        ("\x00", [1, 0, 0, 0, 0]),
    ],
)
def test_words_have_the_numbers_of_their_rank(text: str, expected: list[int]) -> None:
    assert numbers(text) == [expected]


def test_a_very_long_text_is_cut() -> None:
    assert numbers("film " * 200_000) == [[3] * LENGTH]


def test_bytes_that_are_no_utf8_are_unknown_words() -> None:
    assert numbers(b"the \xff\xfe film") == [[2, 1, 3, 0, 0]]


def test_texts_of_a_batch_do_not_influence_each_other() -> None:
    texts = ["the", "film good the", "", "unknown"]
    assert numbers(*texts) == [one for text in texts for one in numbers(text)]


def test_characters_are_numbered_in_scripts_without_spaces() -> None:
    of = schema("character", ("\u5929", "\u4eca", "\u6c14"))
    assert numbers("\u4eca\u5929\u5929\u6c14", "\u4eca\u65e5", of=of) == [
        [3, 2, 2, 4, 0],
        [3, 1, 0, 0, 0],
    ]


def test_the_size_of_the_vocabulary_covers_every_number() -> None:
    (largest,) = numbers(VOCABULARY[-1])
    assert schema().vocabulary_size == max(largest) + 1 == len(VOCABULARY) + 2


def test_an_empty_text_has_finite_probabilities_in_the_saved_model(tmp_path: Path) -> None:
    words = keras.Input((LENGTH,), dtype="int32")
    values = keras.layers.Embedding(len(VOCABULARY) + 2, 4, mask_zero=True)(words)
    values = keras.layers.GlobalMaxPooling1D()(values)
    trained = keras.Model(words, keras.layers.Dense(2, "softmax")(values))
    keras_model(trained, schema()).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    loaded.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    texts = tf.constant(["", "?", "film", "\U0001f600" * 1_000, "good " * 100_000, b"\xff"])
    (probabilities,) = served(text=texts).values()
    assert probabilities.shape == (6, 2)
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities, loaded(texts), atol=1e-6)
