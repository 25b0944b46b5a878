"""Sends the sample request of an export to a model server and compares the answers."""

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
"""Characters of an error response that a message contains."""

Predictions = npt.NDArray[np.float64]
"""Shape (examples, classes)."""


@dataclass(frozen=True)
class Sample:
    """A sample request and the answer of the exported model."""

    request: bytes
    """JSON body in the V1 protocol."""
    expected: Predictions
    tolerance: float

    def agree(self, one: Predictions, other: Predictions) -> bool:
        """Whether two answers are equal within the tolerance; NaN never is."""
        return one.shape == other.shape and bool(np.abs(one - other).max() <= self.tolerance)


@dataclass(frozen=True)
class NoPredictions:
    """The model server returned no predictions."""

    reason: str


def read_sample(export: Storage, tolerance: float | None) -> Sample:
    """Reads the sample of an exported model.

    Args:
        export: The folder of the export.
        tolerance: Largest allowed difference of two probabilities; None for the tolerance with
            which the export was verified.

    Raises:
        UserError: The export has no sample.
        DocumentUnusable: This version of kubenas cannot read the sample.
    """
    try:
        request = export.read(SAMPLE_REQUEST_FILE, limit=DOCUMENT_BYTES)
        answer = read_document(export, SAMPLE_ANSWER_FILE, SampleAnswer, what="a model's answer")
    except ObjectNotFound as error:
        raise UserError(
            f"{join(export.uri, SAMPLE_REQUEST_FILE)}: the export has no sample request for"
            f" this version of kubenas; delete {export.uri} and run the pipeline again"
        ) from error
    return Sample(request, np.asarray(answer.predictions), tolerance or answer.tolerance)


def request_predictions(url: str, model: str, sample: Sample) -> Predictions | NoPredictions:
    """Sends ``sample`` to the model server at ``url`` with the V1 protocol.

    Args:
        url: Scheme and host.
        model: Name of the model on the server.
        sample: The sample request.
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
        return NoPredictions(
            f"{url} responded with HTTP {response.status}: {' '.join(words.split())}"
        )
    return _predictions(url, response.data)


def _predictions(url: str, answer: bytes) -> Predictions | NoPredictions:
    try:
        content: Any = json.loads(answer)
        predictions = np.asarray(content["predictions"], np.float64)
    except (ValueError, KeyError, TypeError):
        return NoPredictions(f"{url} responded without predictions")
    if predictions.ndim != 2 or not predictions.size:
        return NoPredictions(f"{url} responded with predictions of shape {predictions.shape}")
    return predictions
