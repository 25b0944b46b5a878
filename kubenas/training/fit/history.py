"""history.jsonl: one line an epoch, those of earlier attempts included."""

from collections.abc import Sequence

from pydantic import Field

from kubenas.trial import Value

HISTORY_FILE = "history.jsonl"
HISTORY_SECONDS = 5.0
"""Least time between two writes of the history: an object store does not append."""


class EpochRecord(Value):
    """What one epoch gave."""

    epoch: int = Field(ge=0, description="counted from 0 over all fits of the trial")
    seconds: float = Field(ge=0, description="wall-clock, validation included")
    metrics: dict[str, float]


def history_to_jsonl(epochs: Sequence[EpochRecord]) -> bytes:
    """``epochs`` as UTF-8 JSON lines."""
    return b"".join(epoch.to_json() + b"\n" for epoch in epochs)


def history_from_jsonl(data: bytes) -> tuple[EpochRecord, ...]:
    """The epochs in ``data``.

    Raises:
        pydantic.ValidationError: a line is not an epoch.
    """
    return tuple(EpochRecord.from_json(line) for line in data.splitlines() if line)
