"""An attempt that outlives its search would hold an accelerator for nobody: it ends itself.

Only changes count, on this process's own clock, so that no two clocks need to agree. A store that
cannot be read is silence too: nothing could be written there either.
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
"""At the object, within the time that it may stay the same."""
_GRACE_SECONDS = 60.0
"""For a checkpoint, before the process ends whatever it is doing."""
_LOG = logging.getLogger(__name__)


class HeartbeatWatch:
    """Terminates this process when its search has given no sign of life for too long.

    Args:
        heartbeat: of the search.
        termination: how this process ends in good order.
        grace_seconds: from being told to end to being ended.
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
        """Looks since then."""

    def start(self) -> None:
        """Watches from now on. Two threads: a store that does not answer must not keep us."""
        for work in (self._poll, self._enforce):
            threading.Thread(target=work, name="heartbeat", daemon=True).start()

    def _poll(self) -> None:
        folder, name = split(self._heartbeat.uri)
        storage, last = open_storage(folder), b""
        while True:
            try:
                beat = storage.read(name)
            except StorageError as error:
                _LOG.warning("no sign of life of the search: %s", error)
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
        self._termination.request(f"the search has given no sign of life for {limit:.0f} s")
        time.sleep(self._grace_seconds)
        os._exit(TERMINATED_EXIT_CODE)

    def _is_silent(self, limit: float) -> bool:
        """Whether it has not changed for so long, and was looked at: an import may hold us up."""
        seconds = time.monotonic() - self._changed_at
        return seconds > limit and (self._unchanged_polls >= _POLLS or seconds > 2 * limit)
