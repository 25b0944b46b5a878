"""A sample inference request and its expected response, stored with an export.

Both follow the V1 inference protocol of KServe and TensorFlow Serving.
"""

from typing import Any

from kubenas.trial import Value

SAMPLE_REQUEST_FILE = "sample_request.json"
SAMPLE_ANSWER_FILE = "sample_answer.json"


class SampleRequest(Value):
    """``sample_request.json``: the request body."""

    instances: tuple[Any, ...]
    """Examples of the test split: nested lists of pixels (height, width, channels), or texts."""


class SampleAnswer(Value):
    """``sample_answer.json``: the expected response and its tolerance."""

    predictions: tuple[tuple[float, ...], ...]
    """Probabilities (examples, classes)."""
    labels: tuple[str, ...]
    """The most probable class of each example."""
    tolerance: float
    """Largest absolute difference that the export check allows."""
