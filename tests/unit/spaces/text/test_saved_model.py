"""Models of ``text`` are saved and exported, and load without kubenas."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kubenas.reporting.network.graph import build_boxes
from kubenas.training.model.architecture import describe_architecture
from tests.unit.spaces.text.texts import ENCODERS, built, texts

each_encoder = pytest.mark.parametrize("encoder", list(ENCODERS))
RANDOM = {"word_dropout": 0.2, "embedding_dropout": 0.2, "units": 16}
LOAD = """
import sys
sys.modules["kubenas"] = None
import keras, numpy
folder = sys.argv[1]
tokens = numpy.load(f"{folder}/tokens.npy")
for name in sys.argv[2:]:
    answer = keras.models.load_model(f"{folder}/{name}.keras").predict(tokens, verbose=0)
    numpy.testing.assert_allclose(answer, numpy.load(f"{folder}/{name}.npy"), atol=1e-6)
"""


def test_saved_models_load_without_kubenas(tmp_path: Path) -> None:
    np.save(tmp_path / "tokens.npy", texts())
    for encoder in ENCODERS:
        model = built(encoder, **RANDOM)
        model.save(tmp_path / f"{encoder}.keras")
        np.save(tmp_path / f"{encoder}.npy", model.predict(texts(), verbose=0))
    command = [sys.executable, "-c", LOAD, str(tmp_path), *ENCODERS]
    subprocess.run(command, check=True, timeout=280)


@each_encoder
def test_an_exported_model_gives_the_same_answers(encoder: str, tmp_path: Path) -> None:
    model = built(encoder, **RANDOM)
    model.export(tmp_path / "export", verbose=False)
    exported = tf.saved_model.load(tmp_path / "export")
    answer = exported.serve(tf.constant(texts()))
    np.testing.assert_allclose(answer, model(texts(), training=False), atol=1e-6)


@each_encoder
def test_a_model_compiles_with_xla(encoder: str) -> None:
    model = built(encoder, **RANDOM)
    call = tf.function(lambda tokens: model(tokens, training=False), jit_compile=True)
    tokens = tf.constant(texts())
    np.testing.assert_allclose(call(tokens), model(tokens, training=False), atol=1e-5)


@pytest.mark.parametrize(
    ("encoder", "titles"),
    [
        ("words", []),
        ("parallel", ["Conv 20 3", "Conv 20 4", "Conv 20 5", "Concatenate"]),
        ("gru", ["GRU 20", "GRU 20"]),
        ("lstm", ["LSTM 20"]),
    ],
)
def test_the_report_draws_the_layers_from_input_to_output(encoder: str, titles: list[str]) -> None:
    boxes = build_boxes(describe_architecture(built(encoder, word_dropout=0.0, pooling="max")))
    assert [box.title for box in boxes] == [
        "Input",
        "Embedding 16",
        *titles,
        "GlobalMaxPooling",
        "Dense 3",
    ]
    assert all(box.inbound for box in boxes[1:])


def test_the_report_draws_a_transformer() -> None:
    boxes = build_boxes(describe_architecture(built("transformer", word_dropout=0.0)))
    places = {box.name: box for box in boxes}
    assert places["layer_1_attention"].title == "Attention 4 heads"
    assert set(places["layer_1_attention_add"].inbound) == {
        "embedding_and_positions",
        "layer_1_attention",
    }
    assert places["average_and_max"].inbound == ("average", "max")
