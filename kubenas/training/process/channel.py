"""The channel between a warm worker and its parent: JSON lines on the original stdin and stdout.

Nothing else uses these two streams: output of TensorFlow and user code goes to stderr, and their
stdin is empty. When stdin ends, the parent has exited, and this process exits immediately.
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
    """A request to run an attempt."""

    spec: str
    """URI of the spec."""
    nonce: str | None = None
    """Nonce that the result must contain."""
    digest: str | None = None
    """SHA-256 of the spec, in hexadecimal. None: the digest is not checked."""
    controller: str | None = None
    """Version of kubenas that wrote the spec. None: unknown."""


class Channel:
    """The worker's end of the channel. Create it once, before imports that may print."""

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
        """Yields requests as they arrive. Never ends."""
        while True:
            yield Request(**json.loads(self._requests.get()))

    def reply(self, **content: Any) -> None:
        """Sends one line to the parent."""
        self._replies.write(json.dumps(content) + "\n")
        self._replies.flush()

    def _listen(self, requests: IO[str]) -> None:
        for line in requests:
            self._requests.put(line)
        os._exit(1)  # the parent has exited; user code must not keep this process alive
