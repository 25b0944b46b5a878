"""Asks a model server what the exported model was asked, and compares the answers."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import urllib3

from kubenas.errors import ObjectNotFound, UserError
from kubenas.storage import Storage, join
from kubenas.storage.document import DOCUMENT_BYTES, read_document
from kubenas.training.sample_request import SAMPLE_ANSWER_FILE, SAMPLE_REQUEST_FILE, SampleAnswer

_ANSWER_SECONDS = 30.0
_SHOWN = 200
"""Characters of a refusal."""

Predictions = npt.NDArray[np.float64]
"""Of shape (examples, classes)."""


@dataclass(frozen=True)
class Sample:
    """A request and the exported model's answer to it."""

    request: bytes
    """JSON of the V1 protocol."""
    expected: Predictions
    tolerance: float

    def agree(self, one: Predictions, other: Predictions) -> bool:
        """Whether two answers are one model's; an answer with a NaN is nobody's."""
        return one.shape == other.shape and bool(np.abs(one - other).max() <= self.tolerance)


@dataclass(frozen=True)
class NoPredictions:
    """The model server gave no predictions."""

    why: str


def read_sample(export: Storage, tolerance: float | None) -> Sample:
    """The sample beside an exported model.

    Args:
        export: the folder that the export wrote.
        tolerance: largest difference of two probabilities; None: what the export was checked with.

    Raises:
        UserError: there is none.
        DocumentUnusable: this version of kubenas cannot read it.
    """
    try:
        request = export.read(SAMPLE_REQUEST_FILE, limit=DOCUMENT_BYTES)
        answer = read_document(export, SAMPLE_ANSWER_FILE, SampleAnswer, what="a model's answer")
    except ObjectNotFound as error:
        raise UserError(
            f"{join(export.uri, SAMPLE_REQUEST_FILE)}: no sample of this version of kubenas beside"
            f" the model; delete {export.uri} and run the pipeline again"
        ) from error
    return Sample(request, np.asarray(answer.predictions), tolerance or answer.tolerance)


def request_predictions(url: str, model: str, sample: Sample) -> Predictions | NoPredictions:
    """What the model server at ``url`` answers to ``sample``, by the V1 protocol.

    Args:
        url: scheme and host.
        model: name of the model there.
        sample: what is asked.
    """
    try:
        response = urllib3.request(
            "POST",
            f"{url}/v1/models/{model}:predict",
            body=sample.request,
            headers={"Content-Type": "application/json"},
            timeout=_ANSWER_SECONDS,
            retries=False,
        )
    except urllib3.exceptions.HTTPError as error:
        return NoPredictions(f"{url} cannot be reached: {type(error).__name__}")
    if response.status != 200:
        words = response.data[:_SHOWN].decode(errors="replace")
        return NoPredictions(f"{url} answers HTTP {response.status}: {' '.join(words.split())}")
    return _predictions(url, response.data)


def _predictions(url: str, answer: bytes) -> Predictions | NoPredictions:
    try:
        content: Any = json.loads(answer)
        predictions = np.asarray(content["predictions"], np.float64)
    except (ValueError, KeyError, TypeError):
        return NoPredictions(f"{url} answers without predictions")
    if predictions.ndim != 2 or not predictions.size:
        return NoPredictions(f"{url} answers with predictions of shape {predictions.shape}")
    return predictions
