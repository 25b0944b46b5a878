"""Exceptions that stop a training, and the SIGTERM handler.

All are BaseExceptions, like KeyboardInterrupt, so that ``except Exception`` in user code does not
catch them.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED_EXIT_CODE = 128 + signal.SIGTERM


class Terminated(BaseException):
    """SIGTERM was received: write a checkpoint and exit."""


class DeadlinePassed(BaseException):
    """The attempt's deadline has passed: return the result so far."""


class NotResumable(BaseException):
    """A resumed training cannot continue: restart it from the first epoch."""


class Termination:
    """Raises :class:`Terminated` on SIGTERM: immediately, or at :meth:`check` while deferred.

    Create one instance per process and call :meth:`install` in the main thread.
    """

    def __init__(self) -> None:
        self._requested = False
        self._deferred = False
        self.reason = "terminated by SIGTERM"
        """The reason for the termination."""

    def install(self) -> None:
        """Installs the SIGTERM handler."""
        signal.signal(signal.SIGTERM, self._handle)

    def request(self, reason: str) -> None:
        """Requests termination as SIGTERM does. Callable from any thread."""
        if not self._requested:
            self.reason = reason
            os.kill(os.getpid(), signal.SIGTERM)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defers SIGTERM to :meth:`check`, which is also called on exit."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        self.check()

    def check(self) -> None:
        """Raises Terminated if SIGTERM was received."""
        if self._requested:
            raise Terminated

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._requested:
            return  # already terminating, possibly writing the checkpoint
        self._requested = True
        if not self._deferred:
            raise Terminated
