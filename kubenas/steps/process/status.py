"""What is going on, for whoever watches: ``status.json``, rewritten at will, never the truth."""

import time
from collections.abc import Mapping
from typing import Any

from kubenas.storage import Storage
from kubenas.storage.document import find_document
from kubenas.trial import SearchId, Value

_NAME = "status.json"
_LEAST_SECONDS_BETWEEN = 0.5


class Status(Value):
    """The latest word of the step that runs or ran last."""

    step: str
    at: float
    """Unix time."""
    search: SearchId | None = None
    detail: str = ""
    """What the step is doing, in words for people."""
    progress: dict[str, Any] = {}
    """Of the search: see :class:`kubenas.search.progress.Progress`."""


def read_status(output: Storage) -> Status | None:
    """The status in ``output``; None if nothing has run yet."""
    return find_document(output, _NAME, Status, what="a status")


class StatusWriter:
    """Writes the status of one step, not more than twice a second."""

    def __init__(self, output: Storage, step: str, *, search: str | None = None) -> None:
        self._output = output
        self._step = step
        self._search = search
        self._written = float("-inf")
        self.write("starting")

    def write(self, detail: str = "", progress: Mapping[str, Any] | None = None) -> None:
        """Says what is going on; dropped if the last word is too fresh."""
        now = time.time()
        if now - self._written < _LEAST_SECONDS_BETWEEN:
            return
        self._written = now
        status = Status(
            step=self._step,
            at=now,
            search=self._search,
            detail=detail,
            progress=dict(progress or {}),
        )
        self._output.write(_NAME, status.to_json())
