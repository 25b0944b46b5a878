"""EXPORT: a trained model with its preprocessing, ready to serve, and proven to be the same."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kubenas.data.dataset import load_raw, load_split
from kubenas.data.preprocessing import preprocessing_layers
from kubenas.data.schema import DataSchema
from kubenas.errors import KubenasError
from kubenas.training.attempt import MODEL_FILE, Attempt
from kubenas.training.failure import Phase, failing_in
from kubenas.training.sample import (
    SAMPLE_ANSWER_FILE,
    SAMPLE_REQUEST_FILE,
    SampleAnswer,
    SampleRequest,
)
from kubenas.training.space import load_trained_model
from kubenas.trial import Outcome, Result

SAVED_MODEL_FOLDER = "saved_model"
SIGNATURE_FILE = "signature.json"
LABELS_FILE = "labels.json"
_VERSION = "1"
_CHECKED_EXAMPLES = 32
_TOLERANCE = 1e-4
_SAMPLE_VALUES = 100_000
"""In the sample request at the most, but for one example: gateways often refuse more than 1 MB."""
_SAMPLE_EXAMPLES = 8

_Floats = npt.NDArray[np.floating]


class ExportDiffers(KubenasError):
    """The exported model does not predict what the trained one does."""


def export(attempt: Attempt) -> Result:
    """Writes ``saved_model/1/``, ``model.keras``, ``signature.json``, ``labels.json`` and a sample.

    Raises:
        AttemptFailed: the model cannot be loaded or saved, or what was saved predicts otherwise.
    """
    trained = load_trained_model(attempt)
    folder = attempt.scratch / "export"
    with failing_in(Phase.OTHER):
        serving = serving_model(trained.model, attempt.schema)
        _save(serving, folder)
        raw = _first(load_raw(attempt.dataset, "test", batch_size=_CHECKED_EXAMPLES))
        normalised = _first(load_split(attempt.dataset, "test", batch_size=_CHECKED_EXAMPLES))
        expected = trained.model.predict_on_batch(normalised)
        with keras.saving.custom_object_scope(trained.custom_objects):
            differences = _differences(folder, raw, expected)
        _describe(folder, attempt.schema)
        _write_sample(folder, attempt.schema, raw, expected)
    attempt.storage.upload_tree(folder, "")
    return Result(
        task=attempt.spec.task,
        trial=attempt.spec.trial,
        attempt=attempt.spec.attempt,
        outcome=Outcome.COMPLETED,
        metrics=differences,
        parameters=serving.count_params(),
        artifacts={
            "saved_model": SAVED_MODEL_FOLDER,
            "model": MODEL_FILE,
            "signature": SIGNATURE_FILE,
            "labels": LABELS_FILE,
            "sample_request": SAMPLE_REQUEST_FILE,
            "sample_answer": SAMPLE_ANSWER_FILE,
        },
    )


def serving_model(trained: keras.Model, schema: DataSchema) -> keras.Model:
    """``trained`` behind its preprocessing: takes stored values, gives class probabilities."""
    image = keras.Input(schema.shape, dtype="float32", name="image")
    values = image
    for layer in preprocessing_layers(schema):
        values = layer(values)
    probabilities = keras.layers.Identity(name="probabilities")(trained(values))
    return keras.Model(image, probabilities, name="serving")


def _save(serving: keras.Model, folder: Path) -> None:
    folder.mkdir(parents=True)
    serving.save(folder / MODEL_FILE)
    archive = keras.export.ExportArchive()
    archive.track(serving)
    archive.add_endpoint(
        "serve",
        lambda image: {"probabilities": serving(image, training=False)},
        input_signature=[tf.TensorSpec((None, *serving.input_shape[1:]), tf.float32, "image")],
    )
    archive.write_out(str(folder / SAVED_MODEL_FOLDER / _VERSION), verbose=False)


def _first(examples: tf.data.Dataset) -> _Floats:
    """The images of the first batch."""
    images, _labels = next(iter(examples))
    return np.asarray(images)


def _differences(folder: Path, raw: _Floats, expected: _Floats) -> dict[str, float]:
    """Largest absolute difference of each saved model's predictions from ``expected``.

    Raises:
        ExportDiffers: one of them is too large.
    """
    loaded = tf.saved_model.load(str(folder / SAVED_MODEL_FOLDER / _VERSION))
    served = loaded.signatures["serving_default"](image=tf.constant(raw))["probabilities"].numpy()
    reloaded = keras.models.load_model(folder / MODEL_FILE, compile=False).predict_on_batch(raw)
    differences = {
        "saved_model_difference": float(np.abs(served - expected).max()),
        "keras_difference": float(np.abs(reloaded - expected).max()),
    }
    for name, difference in differences.items():
        if not difference <= _TOLERANCE:
            raise ExportDiffers(
                f"{name.replace('_', ' ')} from the trained model is {difference:.2g} on"
                f" {len(raw)} test pictures, more than {_TOLERANCE:.0e}: not exported"
            )
    return differences


def _describe(folder: Path, schema: DataSchema) -> None:
    signature = {
        "signature": "serving_default",
        "inputs": {"image": {"dtype": "float32", "shape": [None, *schema.shape]}},
        "outputs": {"probabilities": {"dtype": "float32", "shape": [None, len(schema.classes)]}},
    }
    (folder / SIGNATURE_FILE).write_text(json.dumps(signature))
    (folder / LABELS_FILE).write_text(json.dumps(list(schema.classes)))


def _write_sample(folder: Path, schema: DataSchema, raw: _Floats, expected: _Floats) -> None:
    """The first test examples and what the trained model says to them."""
    count = max(1, min(_SAMPLE_EXAMPLES, _SAMPLE_VALUES // raw[0].size))
    request = SampleRequest(instances=_plain(raw[:count]))
    answer = SampleAnswer(
        predictions=expected[:count].tolist(),
        labels=tuple(schema.classes[k] for k in expected[:count].argmax(axis=1)),
        tolerance=_TOLERANCE,
    )
    (folder / SAMPLE_REQUEST_FILE).write_bytes(request.to_json())
    (folder / SAMPLE_ANSWER_FILE).write_bytes(answer.to_json())


def _plain(values: _Floats) -> Any:
    """Nested lists, short in JSON: whole numbers where the values are."""
    whole = np.all(values == np.round(values))
    return (values.astype(int) if whole else values).tolist()
