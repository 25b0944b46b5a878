"""How a training is stopped: by SIGTERM, by its deadline, or to begin it again.

All are BaseExceptions, like KeyboardInterrupt: a user's ``except Exception`` must not
swallow them on their way out of a training loop.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED_EXIT_CODE = 128 + signal.SIGTERM


class Terminated(BaseException):
    """SIGTERM came: checkpoint and end the process."""


class DeadlinePassed(BaseException):
    """The attempt's deadline passed: end with what has been reached."""


class NotResumable(BaseException):
    """A training that was resumed goes on otherwise than it began: train from the beginning."""


class Termination:
    """SIGTERM as an exception at a moment that suits: at once, or when asked in a deferred part.

    One for a process; :meth:`install` it in the main thread.
    """

    def __init__(self) -> None:
        self._requested = False
        self._deferred = False
        self.reason = "ended by SIGTERM"
        """Why the process ends, if it does."""

    def install(self) -> None:
        """Handles SIGTERM from now on."""
        signal.signal(signal.SIGTERM, self._handle)

    def request(self, reason: str) -> None:
        """Does what SIGTERM does, from any thread."""
        if not self._requested:
            self.reason = reason
            os.kill(os.getpid(), signal.SIGTERM)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within, SIGTERM waits for :meth:`check`; at the end it is raised if it came."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        self.check()

    def check(self) -> None:
        """Raises Terminated if SIGTERM has come."""
        if self._requested:
            raise Terminated

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._requested:
            return  # already on its way, perhaps writing the checkpoint
        self._requested = True
        if not self._deferred:
            raise Terminated
