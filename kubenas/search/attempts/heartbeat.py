"""Heartbeat of a step. Attempts watch it and end if it stops (training.process.heartbeat)."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.errors import StorageError
from kubenas.storage import Storage, open_storage, split
from kubenas.trial import Heartbeat

_BEATS_PER_TIMEOUT = 4
"""Heartbeats per timeout of the attempts that watch."""
_JOIN_SECONDS = 5.0
"""Maximum wait for a write in progress, in case the store does not answer."""
_LOG = logging.getLogger(__name__)


@contextmanager
def send_heartbeats(heartbeat: Heartbeat) -> Iterator[None]:
    """Context manager: a daemon thread rewrites the heartbeat object periodically.

    Raises:
        StorageError: the first heartbeat cannot be written.
    """
    folder, name = split(heartbeat.uri)
    storage = open_storage(folder)
    _beat(storage, name)
    left = threading.Event()
    interval = heartbeat.seconds / _BEATS_PER_TIMEOUT

    def beat_on() -> None:
        while not left.wait(interval):
            try:
                _beat(storage, name)
            except StorageError as error:
                _LOG.warning("heartbeat not written: %s", error)

    beats = threading.Thread(target=beat_on, name="heartbeat", daemon=True)
    beats.start()
    try:
        yield
    finally:
        left.set()
        beats.join(_JOIN_SECONDS)


def _beat(storage: Storage, name: str) -> None:
    """Writes a heartbeat with unique content."""
    storage.write(name, json.dumps({"at": time.time(), "beat": uuid.uuid4().hex}).encode())
