"""SIGTERM and SIGINT as a flag that loops check."""

import signal
import threading
from types import FrameType
from typing import Any, Self

from kubenas.errors import Interrupted

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Context manager: the first signal sets a flag, the second raises ``Interrupted``.

    Has no effect outside the main thread, because only the main thread may handle signals.
    """

    def __init__(self) -> None:
        self.requested = False
        """Whether a signal has been received."""
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise Interrupted(f"stopped immediately by a second {signal.Signals(number).name}")
        self.requested = True
