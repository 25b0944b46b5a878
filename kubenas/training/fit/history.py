"""history.jsonl: one line per epoch, including the epochs of earlier attempts."""

from collections.abc import Sequence

from pydantic import Field

from kubenas.trial import Value

HISTORY_FILE = "history.jsonl"
HISTORY_SECONDS = 5.0
"""Minimum time between two writes. An object store cannot append, so each rewrites the file."""


class EpochRecord(Value):
    """Metrics and duration of one epoch."""

    epoch: int = Field(ge=0, description="counted from 0 over all fits of the trial")
    seconds: float = Field(ge=0, description="wall-clock time, including validation")
    metrics: dict[str, float]


def history_to_jsonl(epochs: Sequence[EpochRecord]) -> bytes:
    """Returns ``epochs`` as UTF-8 JSON lines."""
    return b"".join(epoch.to_json() + b"\n" for epoch in epochs)


def history_from_jsonl(data: bytes) -> tuple[EpochRecord, ...]:
    """Returns the epochs in ``data``.

    Raises:
        pydantic.ValidationError: a line is not an epoch record.
    """
    return tuple(EpochRecord.from_json(line) for line in data.splitlines() if line)
