"""The EXPORT task: exports a trained model with its preprocessing and verifies the export."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.kinds.registry import example_tensors
from kubenas.data.kinds.tensors import ExampleTensors
from kubenas.data.loading import load_raw, load_split
from kubenas.errors import KubenasError
from kubenas.training.model.candidate import user_file
from kubenas.training.model.exported_model import (
    KERAS_FILE,
    OUTPUT,
    SAVED_MODEL_FOLDER,
    SAVED_MODEL_VERSION,
    SIGNATURE,
    custom_objects,
)
from kubenas.training.model.tolerance import largest_difference, tolerance_of
from kubenas.training.model.trained_weights import rebuild_trained_model
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import Phase, classify_errors, single_line
from kubenas.training.sample_request import (
    SAMPLE_ANSWER_FILE,
    SAMPLE_REQUEST_FILE,
    SampleAnswer,
    SampleRequest,
)
from kubenas.trial import Outcome, Result

SIGNATURE_FILE = "signature.json"
LABELS_FILE = "labels.json"
_CHECKED_EXAMPLES = 32
_REASON_LIMIT = 300
_SAMPLE_VALUES = 100_000
"""Maximum number of values in the sample request, if it has more than one example.

Gateways often refuse more than 1 MB.
"""
_SAMPLE_EXAMPLES = 8

_Floats = npt.NDArray[np.floating]


class ExportDiffers(KubenasError):
    """The exported and the trained model predict different values."""


@dataclass(frozen=True)
class _Check:
    """Test examples and the predictions of the trained model."""

    raw: npt.NDArray[Any]
    """Raw examples, (examples, *input shape)."""
    expected: _Floats
    """Probabilities, (examples, classes)."""
    tolerance: float

    def difference(self, answers: npt.ArrayLike, name: str) -> float:
        """Returns the largest absolute difference between ``answers`` and ``expected``.

        Raises:
            ExportDiffers: the difference exceeds the tolerance.
        """
        difference = largest_difference(answers, self.expected)
        if not difference <= self.tolerance:
            raise ExportDiffers(
                f"not exported: predictions of {name} and the trained model differ by"
                f" {difference:.2g} (tolerance {self.tolerance:.0e}, {len(self.raw)} test examples)"
            )
        return difference


def export(attempt: Attempt) -> Result:
    """Writes ``saved_model/1/``, ``signature.json``, ``labels.json`` and a sample request.

    Also writes ``model.keras`` if Keras can save and load the model. Otherwise the result's message
    and ``signature.json`` contain the reason.

    Raises:
        AttemptFailed: the model cannot be rebuilt or saved, or the predictions of the export
            differ.
    """
    candidate = rebuild_trained_model(attempt)
    folder = attempt.scratch / "export"
    with classify_errors(Phase.OTHER):
        check = _check_of(candidate.model, attempt)
        tensors = example_tensors(attempt.schema)
        difference = _save(candidate.model, tensors, folder / SAVED_MODEL_FOLDER, check)
        without_keras = _save_keras(candidate.model, attempt, folder / KERAS_FILE, check)
        _describe(folder, tensors, without_keras)
        _write_sample(folder, attempt.schema, check)
    attempt.storage.upload_tree(folder, "")
    return Result(
        task=attempt.spec.task,
        trial=attempt.spec.trial,
        attempt=attempt.spec.attempt,
        outcome=Outcome.COMPLETED,
        message=f"without {KERAS_FILE}: {without_keras}" if without_keras else "",
        metrics={"saved_model_difference": difference},
        parameters=candidate.model.count_params(),
        artifacts={
            "saved_model": SAVED_MODEL_FOLDER,
            "signature": SIGNATURE_FILE,
            "labels": LABELS_FILE,
            "sample_request": SAMPLE_REQUEST_FILE,
            "sample_answer": SAMPLE_ANSWER_FILE,
            **({} if without_keras else {"model": KERAS_FILE}),
        },
    )


def _check_of(model: keras.Model, attempt: Attempt) -> _Check:
    raw = _first(load_raw(attempt.dataset, "test", batch_size=_CHECKED_EXAMPLES))
    normalised = _first(load_split(attempt.dataset, "test", batch_size=_CHECKED_EXAMPLES))
    expected = np.asarray(model.predict_on_batch(normalised), np.float32)
    return _Check(raw, expected, tolerance_of(model))


def _save(model: keras.Model, tensors: ExampleTensors, folder: Path, check: _Check) -> float:
    """Writes the SavedModel, which maps raw values to float32 class probabilities.

    Returns:
        The largest absolute difference from the predictions of the trained model.
    """
    layers = tensors.layers()

    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        values = examples
        for layer in layers:
            values = layer(values)
        return {OUTPUT: tf.cast(model(values, training=False), tf.float32)}

    serve(tf.constant(check.raw[:1]))  # builds the layers
    archive = keras.export.ExportArchive()
    for tracked in (*layers, model):
        archive.track(tracked)
    archive.add_endpoint("serve", serve, input_signature=[tensors.raw_spec])
    path = str(folder / SAVED_MODEL_VERSION)
    archive.write_out(path, verbose=False)
    signature = tf.saved_model.load(path).signatures[SIGNATURE]
    served = signature(**{tensors.input_name: tf.constant(check.raw)})
    return check.difference(served[OUTPUT], "the SavedModel")


def _save_keras(model: keras.Model, attempt: Attempt, path: Path, check: _Check) -> str:
    """Writes ``model.keras``. Returns the reason if it cannot be saved and loaded, else ''."""
    try:
        keras_model(model, attempt.schema).save(path)
        with keras.saving.custom_object_scope(custom_objects(user_file(attempt))):
            loaded = keras.models.load_model(path, compile=False)
        check.difference(loaded(tf.constant(check.raw), training=False), KERAS_FILE)
    except Exception as error:  # noqa: BLE001  # user-defined layers may raise any exception
        path.unlink(missing_ok=True)
        return single_line(f"Keras cannot save and load this model: {error}", _REASON_LIMIT)
    return ""


def keras_model(trained: keras.Model, schema: DataSchema) -> keras.Model:
    """Prepends the preprocessing to ``trained``. The result maps raw values to probabilities."""
    tensors = example_tensors(schema)
    spec = tensors.raw_spec
    examples = keras.Input(tuple(spec.shape[1:]), dtype=spec.dtype.name, name=spec.name)
    values = examples
    for layer in tensors.layers():
        values = layer(values)
    probabilities = keras.layers.Identity(name=OUTPUT, dtype="float32")(trained(values))
    return keras.Model(examples, probabilities, name="serving")


def _first(examples: tf.data.Dataset) -> npt.NDArray[Any]:
    """Returns the examples of the first batch without their labels."""
    batch, _labels = next(iter(examples))
    return np.asarray(batch)


def _describe(folder: Path, tensors: ExampleTensors, without_keras: str) -> None:
    spec, schema = tensors.raw_spec, tensors.schema
    signature = {
        "signature": SIGNATURE,
        "inputs": {spec.name: {"dtype": spec.dtype.name, "shape": spec.shape.as_list()}},
        "outputs": {OUTPUT: {"dtype": "float32", "shape": [None, len(schema.classes)]}},
        "keras_model": None if without_keras else KERAS_FILE,
        "without_keras_model": without_keras or None,
    }
    (folder / SIGNATURE_FILE).write_text(json.dumps(signature))
    (folder / LABELS_FILE).write_text(json.dumps(list(schema.classes)))


def _write_sample(folder: Path, schema: DataSchema, check: _Check) -> None:
    """Writes the first test examples and the predictions of the trained model."""
    raw, expected = check.raw, check.expected
    count = max(1, min(_SAMPLE_EXAMPLES, _SAMPLE_VALUES // np.size(raw[0])))
    request = SampleRequest(instances=_plain(raw[:count]))
    answer = SampleAnswer(
        predictions=expected[:count].tolist(),
        labels=tuple(schema.classes[k] for k in expected[:count].argmax(axis=1)),
        tolerance=check.tolerance,
    )
    (folder / SAMPLE_REQUEST_FILE).write_bytes(request.to_json())
    (folder / SAMPLE_ANSWER_FILE).write_bytes(answer.to_json())


def _plain(values: npt.NDArray[Any]) -> Any:
    """Returns strings, or nested lists, with integers if all values are whole numbers."""
    if values.dtype.kind == "O":
        return [value.decode() for value in values]
    whole = np.all(values == np.round(values))
    return (values.astype(int) if whole else values).tolist()
