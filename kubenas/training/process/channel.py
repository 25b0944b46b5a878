"""A warm worker's line to the process that started it: JSON lines on the original stdin, stdout.

Nothing else may use those two: what TensorFlow or user code prints goes to stderr, and what
they read is empty. When stdin ends, the parent is gone, and so is this process at once.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True)
class Request:
    """An attempt to run."""

    spec: str
    """URI."""
    nonce: str | None = None
    """For its result."""
    digest: str | None = None
    """SHA-256 of the spec, in hexadecimal; None: it is taken as it is."""
    controller: str | None = None
    """Version of kubenas that wrote the spec; None: not known."""


class Channel:
    """Made once, before any other import can print."""

    def __init__(self) -> None:
        self._replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
        requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # a device, not a path
            os.dup2(nothing.fileno(), 0)
        sys.stdout.flush()
        os.dup2(2, 1)
        self._requests: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(requests,), daemon=True).start()

    def requests(self) -> Iterator[Request]:
        """What to run, as it comes; ends never."""
        while True:
            yield Request(**json.loads(self._requests.get()))

    def reply(self, **content: Any) -> None:
        """One line to the parent."""
        self._replies.write(json.dumps(content) + "\n")
        self._replies.flush()

    def _listen(self, requests: IO[str]) -> None:
        for line in requests:
            self._requests.put(line)
        os._exit(1)  # the parent is gone; user code must not keep this process alive
