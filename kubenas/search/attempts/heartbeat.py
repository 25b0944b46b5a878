"""A step's heartbeat. Attempts watch it (kubenas.training.process.heartbeat) and end without it."""

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
"""Within the time after which attempts give their search up."""
_JOIN_SECONDS = 5.0
"""For a beat that is under way; a store that hangs holds nobody up for longer."""
_LOG = logging.getLogger(__name__)


@contextmanager
def send_heartbeats(heartbeat: Heartbeat) -> Iterator[None]:
    """Rewrites the object while entered, from a thread that dies with this process.

    Raises:
        StorageError: the first beat cannot be written.
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
                _LOG.warning("no sign of life: %s", error)

    beats = threading.Thread(target=beat_on, name="heartbeat", daemon=True)
    beats.start()
    try:
        yield
    finally:
        left.set()
        beats.join(_JOIN_SECONDS)


def _beat(storage: Storage, name: str) -> None:
    """No two beats are alike, whoever writes them."""
    storage.write(name, json.dumps({"at": time.time(), "beat": uuid.uuid4().hex}).encode())
