"""What an evaluation has left, looked at before anything is decided by it.

The attempt that evaluates runs no user code, but the model that it runs is a trial's. So its
files are read up to what the data set's own size allows, and its figures must follow from its
predictions.
"""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.source import UNREADABLE, read_npy, read_npy_header
from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.serving.champion import ModelFigures
from kubenas.steps.model_task import ModelTaskDone
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import read_document
from kubenas.training.evaluation import (
    EVALUATION_FILE,
    PREDICTIONS_FILE,
    Evaluation,
    evaluate_predictions,
)
from kubenas.trial import Result

_HEADERS_BYTES = 1 << 20
_TOLERANCE = 1e-3
"""Of a figure that was computed by other versions of NumPy."""
Predictions = tuple[npt.NDArray[np.integer], npt.NDArray[np.floating]]
"""Labels (examples,) and probabilities (examples, classes)."""

EvaluationCheck = Callable[[str], tuple[Evaluation, Predictions]]
"""Given the URI of an attempt's folder."""


@dataclass(frozen=True)
class Contender:
    """A model on the test split."""

    evaluation: Evaluation
    result: Result
    right: npt.NDArray[np.bool_]
    """Shape (examples,): which ones it gets right, in file order."""

    @property
    def figures(self) -> ModelFigures:
        """In short."""
        return ModelFigures(
            examples=self.evaluation.examples,
            accuracy=self.evaluation.accuracy,
            loss=self.evaluation.loss,
            macro_f1=self.evaluation.macro_f1,
            parameters=self.result.parameters,
            flops=self.result.flops,
            latency_ms=self.result.latency_ms,
            model_mib=self.result.metrics.get("model_mib"),
        )


def evaluation_check(schema: DataSchema) -> EvaluationCheck:
    """:func:`check_evaluation` on the data set of ``schema``, of each sound evaluation once."""
    return cache(lambda prefix: check_evaluation(prefix, schema))


def read_contender(done: ModelTaskDone, check: EvaluationCheck) -> Contender:
    """The model that was evaluated in a task whose attempts ``check`` has looked at.

    Raises:
        DocumentUnusable: as of :func:`check_evaluation`.
    """
    evaluation, (labels, probabilities) = check(done.prefix)
    return Contender(evaluation, done.result, probabilities.argmax(axis=1) == labels)


def check_evaluation(prefix: str, schema: DataSchema) -> tuple[Evaluation, Predictions]:
    """The evaluation in an attempt's folder, and the predictions that it follows from.

    Raises:
        DocumentUnusable: it is not one on the test split of ``schema``.
    """
    storage = open_storage(prefix)
    try:
        told = read_document(storage, EVALUATION_FILE, Evaluation, what="an evaluation")
        labels, probabilities = _predictions(storage, schema)
    except ObjectNotFound as error:
        raise DocumentUnusable(str(error)) from error
    own = evaluate_predictions(labels, probabilities, classes=schema.classes, model=told.model)
    if not _agree(told, own):
        raise DocumentUnusable(
            f"{join(prefix, EVALUATION_FILE)}: its figures do not follow from {PREDICTIONS_FILE}"
        )
    return told, (labels, probabilities)


def _agree(told: Evaluation, own: Evaluation) -> bool:
    names = [scores.name for scores in told.classes] == [scores.name for scores in own.classes]
    pairs = [
        (told.accuracy, own.accuracy),
        (told.loss, own.loss),
        (told.macro_f1, own.macro_f1),
        *zip(
            (scores.recall for scores in told.classes),
            (scores.recall for scores in own.classes),
            strict=False,
        ),
    ]
    close = all(math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for a, b in pairs)
    return names and close and told.examples == own.examples


def _predictions(storage: Storage, schema: DataSchema) -> Predictions:
    split, classes = schema.splits["test"], len(schema.classes)
    most = 2 * 8 * split.examples * (classes + 1) + _HEADERS_BYTES
    uri = join(storage.uri, PREDICTIONS_FILE)
    data = storage.read(PREDICTIONS_FILE, limit=most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            labels = _array(archive, "labels", (split.examples,), "iu")
            probabilities = _array(archive, "probabilities", (split.examples, classes), "f")
    except UNREADABLE as error:
        raise DocumentUnusable(f"{uri}: not predictions for the test split: {error}") from error
    counts = tuple(np.bincount(labels.clip(0), minlength=classes).tolist())
    if counts != split.class_counts or labels.min() < 0:
        raise DocumentUnusable(f"{uri}: its labels are not those of the test split")
    if not ((probabilities >= 0) & (probabilities <= 1 + _TOLERANCE)).all():
        raise DocumentUnusable(f"{uri}: it holds numbers that are no probabilities")
    return labels, probabilities


def _array(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kinds: str
) -> npt.NDArray[Any]:
    """The array ``name``, read once its header says what is expected: a header costs nothing.

    Raises:
        ValueError: it is of another shape or kind.
    """
    header = read_npy_header(archive, name)
    if header.shape != shape or header.dtype.kind not in kinds or header.dtype.itemsize > 8:
        raise ValueError(f"'{name}' is {header.dtype} of shape {header.shape}, not {shape}")
    return read_npy(archive, name)
