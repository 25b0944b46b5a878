"""Watch of the search's heartbeat. An attempt whose search has stopped ends itself.

Otherwise it would keep an accelerator allocated without a purpose. The watch measures the time
since the heartbeat object last changed on the local clock, so no clock synchronisation is needed.
A store that cannot be read counts as a missing heartbeat: the attempt could not write its result
there either.
"""

import logging
import os
import threading
import time

from kubenas.errors import StorageError
from kubenas.storage import open_storage, split
from kubenas.training.process.stopping import TERMINATED_EXIT_CODE, Termination
from kubenas.trial import Heartbeat

_POLLS = 4
"""Number of polls within the heartbeat timeout."""
_GRACE_SECONDS = 60.0
"""Time for a checkpoint before the process is killed."""
_LOG = logging.getLogger(__name__)


class HeartbeatWatch:
    """Terminates this process when the heartbeat of its search stops.

    Args:
        heartbeat: the heartbeat of the search.
        termination: terminates this process gracefully.
        grace_seconds: time from the request to terminate until the process exits.
    """

    def __init__(
        self,
        heartbeat: Heartbeat,
        termination: Termination,
        *,
        grace_seconds: float = _GRACE_SECONDS,
    ) -> None:
        self._heartbeat = heartbeat
        self._termination = termination
        self._grace_seconds = grace_seconds
        self._changed_at = time.monotonic()
        self._unchanged_polls = 0
        """Number of polls since the last change."""

    def start(self) -> None:
        """Starts the watch. Uses two threads because a read of the store may block."""
        for work in (self._poll, self._enforce):
            threading.Thread(target=work, name="heartbeat", daemon=True).start()

    def _poll(self) -> None:
        folder, name = split(self._heartbeat.uri)
        storage, last = open_storage(folder), b""
        while True:
            try:
                beat = storage.read(name)
            except StorageError as error:
                _LOG.warning("cannot read the heartbeat of the search: %s", error)
                beat = last
            if beat != last:
                last, self._changed_at, self._unchanged_polls = beat, time.monotonic(), 0
            else:
                self._unchanged_polls += 1
            time.sleep(self._heartbeat.seconds / _POLLS)

    def _enforce(self) -> None:
        limit = self._heartbeat.seconds
        while not self._is_silent(limit):
            time.sleep(limit / _POLLS)
        self._termination.request(f"no heartbeat of the search for {limit:.0f} s")
        time.sleep(self._grace_seconds)
        os._exit(TERMINATED_EXIT_CODE)

    def _is_silent(self, limit: float) -> bool:
        """Whether the heartbeat has timed out. Counts polls too: an import may delay them."""
        seconds = time.monotonic() - self._changed_at
        return seconds > limit and (self._unchanged_polls >= _POLLS or seconds > 2 * limit)
