"""SIGTERM and SIGINT as a flag that loops look at."""

import signal
import threading
from types import FrameType
from typing import Any, Self

from kubenas.errors import Interrupted

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """While entered in the main thread, the first signal sets a flag; a second one interrupts.

    In any other thread it changes nothing, for only the main thread may handle signals.
    """

    def __init__(self) -> None:
        self.requested = False
        """Whether someone has asked us to stop."""
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
            raise Interrupted(f"stopped at once by a second {signal.Signals(number).name}")
        self.requested = True
