"""A small space ``text`` and texts for it."""

from typing import Any

import keras
import keras_tuner
import numpy as np

from kubenas.spaces.options import TextOptions
from kubenas.spaces.text.graph import TextGraph
from kubenas.spaces.text.hypermodel import TextHyperModel
from tests.unit.spaces.points import declared

LENGTH, VOCABULARY, CLASSES = 10, 2500, 3
OPTIONS = TextOptions(max_embedding=24, max_units=20, max_layers=2)


def hypermodel_for(
    *, length: int = LENGTH, vocabulary: int = VOCABULARY, options: TextOptions = OPTIONS
) -> TextHyperModel:
    return TextHyperModel(
        input_shape=(length,), num_classes=CLASSES, options=options, vocabulary_size=vocabulary
    )


def graph_for(
    *, length: int = LENGTH, vocabulary: int = VOCABULARY, options: TextOptions = OPTIONS
) -> TextGraph:
    return TextGraph(
        input_shape=(length,), num_classes=CLASSES, options=options, vocabulary_size=vocabulary
    )


HYPERMODEL, GRAPH = hypermodel_for(), graph_for()
ENCODERS: dict[str, dict[str, Any]] = {
    "words": {"encoder": "bag", "bag/ngrams": 1},
    "bag": {"encoder": "bag", "bag/ngrams": 3, "bag/buckets": 4096},
    "parallel": {"encoder": "convolutional", "convolutional/kind": "parallel"},
    "separable": {
        "encoder": "convolutional",
        "convolutional/kind": "separable",
        "convolutional/layers": 2,
    },
    "gru": {"encoder": "recurrent", "recurrent/cell": "gru", "recurrent/layers": 2},
    "lstm": {"encoder": "recurrent", "recurrent/cell": "lstm"},
    "transformer": {"encoder": "transformer", "transformer/layers": 2},
}
"""Values of each kind of encoder."""


def values_of(encoder: str, **changes: Any) -> dict[str, Any]:
    """Values of a small network with the ``encoder``."""
    return {"embedding": 16, "pooling": "both", **ENCODERS[encoder], **changes}


def point(encoder: str, **changes: Any) -> keras_tuner.HyperParameters:
    """The default point with a small network that has the ``encoder``."""
    hp = declared(HYPERMODEL)
    wanted = values_of(encoder, **changes)
    hp.values = {}
    for parameter in hp.space:
        if hp.is_active(parameter):
            hp.values[parameter.name] = wanted.get(parameter.name, parameter.default)
    return hp


def built(encoder: str, **changes: Any) -> keras.Model:
    return HYPERMODEL.build(point(encoder, **changes))


def texts(count: int = 8, seed: int = 1) -> np.ndarray:
    """Texts of different lengths, the first one empty."""
    random = np.random.default_rng(seed)
    tokens = random.integers(1, VOCABULARY, (count, LENGTH))
    ends = random.integers(1, LENGTH + 1, (count, 1))
    ends[0] = 0
    return np.where(np.arange(LENGTH) < ends, tokens, 0).astype(np.int32)


def labels(model: keras.Model, count: int = 8) -> np.ndarray:
    """Labels in the format of the model's loss."""
    indices = np.arange(count) % CLASSES
    return indices if isinstance(model.loss, str) else np.eye(CLASSES, dtype=np.float32)[indices]
