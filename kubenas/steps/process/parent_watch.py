"""Ends a step early: when its parent process dies, or on SIGTERM and SIGINT."""

import os
import signal
import sys
import threading
from types import FrameType

from kubenas.errors import Interrupted

PARENT_WATCH = "KUBENAS_LIFELINE"
"""Environment variable: 'stdin' if standard input is a pipe that the parent keeps open."""

_THREAD = "parent-watch"


def exit_with_parent() -> None:
    """Starts a thread that exits this process when its parent dies. No-op outside of local runs."""
    watched = any(thread.name == _THREAD for thread in threading.enumerate())
    if os.environ.get(PARENT_WATCH) == "stdin" and not watched:
        threading.Thread(target=_watch, name=_THREAD, daemon=True).start()


def interrupt_on_sigterm() -> None:
    """Makes SIGTERM and SIGINT raise :class:`kubenas.errors.Interrupted` in the main thread."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(f"interrupted by {signal.Signals(number).name}; the same command resumes")


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(1)
