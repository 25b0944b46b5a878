"""Reads and verifies the result of an evaluation before the gate uses it.

The evaluation attempt runs no user code, but its model comes from a trial and is not trusted. File
sizes are therefore limited by the size of the test split, and the metrics are recomputed from the
predictions. Of the simple models, the majority class is recomputed from the schema.
"""

import io
import math
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.npy_stream import NPY_READ_ERRORS, read_npy, read_npy_header
from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.serving.champion import ModelMetrics
from kubenas.steps.model_task import ModelTaskResult
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import read_document
from kubenas.training.evaluation import (
    EVALUATION_FILE,
    PREDICTIONS_FILE,
    ComparedModel,
    ComparedModelKind,
    Evaluation,
    evaluate_predictions,
)
from kubenas.training.simple_models.majority_class import evaluate_majority_class
from kubenas.trial import Result

_HEADERS_BYTES = 1 << 20
_NETWORKS: frozenset[ComparedModelKind] = frozenset({"default", "pretrained"})
_TRAINED: tuple[ComparedModelKind, ...] = ("default", "pretrained", "linear")
"""Simple models before that of the majority class, in the order of an evaluation."""
_TOLERANCE = 1e-3
"""Tolerance of recomputed metrics, which may differ between NumPy versions."""
Predictions = tuple[npt.NDArray[np.integer], npt.NDArray[np.floating]]
"""Labels (examples,) and probabilities (examples, classes)."""

EvaluationCheck = Callable[[str], tuple[Evaluation, Predictions]]
"""Given the URI of an attempt's folder."""


@dataclass(frozen=True)
class EvaluatedModel:
    """A model and its evaluation on the test split."""

    evaluation: Evaluation
    result: Result
    correct: npt.NDArray[np.bool_]
    """Shape (examples,): whether each prediction is correct, in file order."""

    @property
    def metrics(self) -> ModelMetrics:
        """Metrics for the champion log and the gate."""
        return ModelMetrics(
            examples=self.evaluation.examples,
            accuracy=self.evaluation.accuracy,
            loss=self.evaluation.loss,
            macro_f1=self.evaluation.macro_f1,
            parameters=self.result.parameters,
            flops=self.result.flops,
            latency_ms=self.result.latency_ms,
            model_mib=self.result.metrics.get("model_mib"),
        )


def evaluation_check(
    schema: DataSchema, *, networks: Collection[ComparedModelKind] = ()
) -> EvaluationCheck:
    """Returns :func:`check_evaluation` for ``schema``. It reads a valid evaluation once."""
    return cache(lambda prefix: check_evaluation(prefix, schema, networks=networks))


def read_evaluated_model(done: ModelTaskResult, check: EvaluationCheck) -> EvaluatedModel:
    """Reads the evaluation of a model with the ``check`` of its task.

    Raises:
        DocumentUnusable: See :func:`check_evaluation`.
    """
    evaluation, (labels, probabilities) = check(done.prefix)
    return EvaluatedModel(evaluation, done.result, probabilities.argmax(axis=1) == labels)


def check_evaluation(
    prefix: str, schema: DataSchema, *, networks: Collection[ComparedModelKind] = ()
) -> tuple[Evaluation, Predictions]:
    """Reads the evaluation in an attempt's folder and verifies it against the predictions.

    Args:
        prefix: URI of the folder.
        schema: schema of the data set.
        networks: what the attempt was asked to evaluate, too: default, pretrained or both.

    Raises:
        DocumentUnusable: A file is missing or invalid, the predictions are not for the test split
            of ``schema``, the metrics do not match the predictions, or the simple models do not
            match the schema.
    """
    storage = open_storage(prefix)
    try:
        reported = read_document(storage, EVALUATION_FILE, Evaluation, what="an evaluation")
        labels, probabilities = _predictions(storage, schema)
    except ObjectNotFound as error:
        raise DocumentUnusable(str(error)) from error
    recomputed = evaluate_predictions(
        labels, probabilities, classes=schema.classes, model=reported.model
    )
    if not _metrics_match(reported, recomputed):
        raise DocumentUnusable(
            f"{join(prefix, EVALUATION_FILE)}: its metrics do not match {PREDICTIONS_FILE}"
        )
    kinds = {model.kind for model in reported.simple_models}
    unasked = kinds & _NETWORKS - set(networks)
    if unasked or not _simple_models_match(reported.simple_models, schema):
        raise DocumentUnusable(
            f"{join(prefix, EVALUATION_FILE)}: its simple models do not match the data set"
        )
    return reported, (labels, probabilities)


def _metrics_match(reported: Evaluation, recomputed: Evaluation) -> bool:
    names = [scores.name for scores in reported.classes] == [
        scores.name for scores in recomputed.classes
    ]
    pairs = [
        (reported.accuracy, recomputed.accuracy),
        (reported.loss, recomputed.loss),
        (reported.macro_f1, recomputed.macro_f1),
        *zip(
            (scores.recall for scores in reported.classes),
            (scores.recall for scores in recomputed.classes),
            strict=False,
        ),
    ]
    pairs += [
        (own, math.nan if other is None else other)
        for own, other in zip(_unbalanced(reported), _unbalanced(recomputed), strict=True)
        if own is not None
    ]
    close = all(math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for a, b in pairs)
    return names and close and reported.examples == recomputed.examples


def _unbalanced(evaluation: Evaluation) -> tuple[float | None, ...]:
    """Returns the metrics that evaluations of earlier versions lack."""
    return evaluation.balanced_accuracy, evaluation.roc_auc, evaluation.average_precision


def _simple_models_match(models: tuple[ComparedModel, ...], schema: DataSchema) -> bool:
    """Whether ``models`` are possible results for the data set. None at all are possible."""
    if not models:
        return True
    *trained, majority = models
    kinds = [model.kind for model in trained]
    return (
        majority == evaluate_majority_class(schema)
        and kinds == [kind for kind in _TRAINED if kind in kinds]
        and all(
            model.examples == schema.splits["test"].examples
            and model.trained_on <= schema.splits["train"].examples
            for model in trained
        )
    )


def _predictions(storage: Storage, schema: DataSchema) -> Predictions:
    split, classes = schema.splits["test"], len(schema.classes)
    limit = 2 * 8 * split.examples * (classes + 1) + _HEADERS_BYTES
    uri = join(storage.uri, PREDICTIONS_FILE)
    data = storage.read(PREDICTIONS_FILE, limit=limit)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            labels = _array(archive, "labels", (split.examples,), "iu")
            probabilities = _array(archive, "probabilities", (split.examples, classes), "f")
    except NPY_READ_ERRORS as error:
        raise DocumentUnusable(f"{uri}: not predictions for the test split: {error}") from error
    counts = tuple(np.bincount(labels.clip(0), minlength=classes).tolist())
    if counts != split.class_counts or labels.min() < 0:
        raise DocumentUnusable(f"{uri}: its labels differ from those of the test split")
    if not ((probabilities >= 0) & (probabilities <= 1 + _TOLERANCE)).all():
        raise DocumentUnusable(f"{uri}: its probabilities are not between 0 and 1")
    return labels, probabilities


def _array(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kinds: str
) -> npt.NDArray[Any]:
    """Reads the array ``name`` after checking shape and type in its header.

    Raises:
        ValueError: The shape or the type differs from the expected one.
    """
    header = read_npy_header(archive, name)
    if header.shape != shape or header.dtype.kind not in kinds or header.dtype.itemsize > 8:
        raise ValueError(
            f"'{name}' has type {header.dtype} and shape {header.shape}; expected shape {shape}"
        )
    return read_npy(archive, name)
