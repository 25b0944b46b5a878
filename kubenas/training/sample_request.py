"""A request as a model server takes it and the exported model's answer to it, beside the export.

Both as in the V1 inference protocol of KServe and TensorFlow Serving.
"""

from typing import Any

from kubenas.trial import Value

SAMPLE_REQUEST_FILE = "sample_request.json"
SAMPLE_ANSWER_FILE = "sample_answer.json"


class SampleRequest(Value):
    """``sample_request.json``: what ``curl -d @sample_request.json`` sends."""

    instances: tuple[Any, ...]
    """Examples of the test split, each as nested lists of raw values (height, width, channels)."""


class SampleAnswer(Value):
    """``sample_answer.json``."""

    predictions: tuple[tuple[float, ...], ...]
    """Probabilities (examples, classes)."""
    labels: tuple[str, ...]
    """The most probable class of each example."""
    tolerance: float
    """Largest absolute difference that the export itself was allowed."""
